"""Serves OpenStack Swift, a whole one on one disk, with its S3 interface: serve.py DIRECTORY PORT BUCKET

Debian's python3-swift has the servers. They run in one process here, in place of the usual four with a memcached
beside them. Bucket owner and key: test:tester / testing.
"""

import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import listen, wsgi  # noqa: E402

directory, port, bucket = sys.argv[1], int(sys.argv[2]), sys.argv[3]
internal = {name: listen(("127.0.0.1", 0)) for name in ("account", "container", "object")}
os.makedirs(os.path.join(directory, "disks", "d1"), exist_ok=True)


def write(name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf8") as file:
        file.write(text)
    return path


write("swift.conf", "[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = test\n")

from swift.common import utils  # noqa: E402

utils.set_swift_dir(directory)

from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.common.swob import Request  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

reload_storage_policies()


class Memory:
    """What memcached is used for, as far as it is used."""

    def __init__(self):
        self.values = {}

    def get(self, key, *_, **__):
        return self.values.get(key)

    def set(self, key, value, *_, **__):
        self.values[key] = value

    def delete(self, key, *_, **__):
        self.values.pop(key, None)

    def incr(self, key, delta=1, *_, **__):
        self.values[key] = max(0, self.values.get(key, 0) + int(delta))
        return self.values[key]

    def decr(self, key, delta=1, *_, **__):
        return self.incr(key, -delta)

    def get_multi(self, keys, *_, **__):
        return [self.values.get(key) for key in keys]

    def set_multi(self, mapping, *_, **__):
        self.values.update(mapping)


def memory_filter(_conf, **_local):
    memory = Memory()

    def wrap(app):
        def call(env, start_response):
            env["swift.cache"] = memory
            return app(env, start_response)

        return call

    return wrap


for name, socket in internal.items():
    ring = RingBuilder(1, 1, 0)
    place = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": socket.getsockname()[1], "weight": 1}
    ring.add_dev({**place, "device": "d1", "replication_ip": place["ip"], "replication_port": place["port"]})
    ring.rebalance()
    ring.get_ring().save(os.path.join(directory, f"{name}.ring.gz"))
    conf = write(
        f"{name}.conf",
        f"[DEFAULT]\nswift_dir = {directory}\ndevices = {directory}/disks\nmount_check = false\n"
        f"disable_fallocate = true\nlog_level = ERROR\n"
        f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n",
    )
    app = loadapp(conf, global_conf={"log_name": name})
    eventlet.spawn(wsgi.server, socket, app, log_output=False)

sys.modules["crosstie_memory"] = sys.modules["__main__"]
proxy = write(
    "proxy.conf",
    f"[DEFAULT]\nswift_dir = {directory}\nlog_level = ERROR\n"
    "[pipeline:main]\npipeline = memory s3api tempauth slo proxy-server\n"
    "[filter:memory]\npaste.filter_factory = crosstie_memory:memory_filter\n"
    "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\nauto_create_account_prefix = .\n"
    "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = testing .admin\n"
    "[filter:slo]\nuse = egg:swift#slo\n"
    "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\nallow_account_management = true\n",
)
app = loadapp(proxy, global_conf={"log_name": "proxy"})
for path in ("/v1/AUTH_test", f"/v1/AUTH_test/{bucket}"):
    made = Request.blank(path, method="PUT", environ={"swift.authorize_override": True}).get_response(app)
    if not made.is_success:
        sys.exit(f"{path} could not be made: {made.status}")
socket = listen(("127.0.0.1", port))
print(f"serving on {socket.getsockname()[1]}", flush=True)
wsgi.server(socket, app, log_output=False)
