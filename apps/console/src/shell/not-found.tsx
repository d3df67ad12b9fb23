import { Link } from '@tanstack/react-router';

import { Empty } from '../kit/panel.js';
import { words } from '../words.js';

export function NotFound() {
  return (
    <Empty title={words.notFound.title} text={words.notFound.text}>
      <Link to="/" className="mt-2 text-sm text-accent underline underline-offset-2">
        {words.notFound.back}
      </Link>
    </Empty>
  );
}
