import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * What is no address of the public Internet: this machine, private and carrier networks, links, tests,
 * multicast, reserved (IANA's special-purpose registries), and the one public address that a cloud
 * answers metadata on.
 */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
];

/** Within the one block of IPv6 that is given out, what carries IPv4 inside, or is for tests and documents. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const not4 = listOf(special4, 'ipv4');
const not6 = listOf(special6, 'ipv6');
const given6 = listOf(['2000::/3'], 'ipv6');

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits = ''] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/** Whether an address, in its usual form and without brackets, is one of the public Internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !not4.check(address, 'ipv4');
  // Mapped, translated, unique local, link local and loopback addresses all lie outside of that block.
  return isIPv6(address) && given6.check(address, 'ipv6') && !not6.check(address, 'ipv6');
}
