import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import type { ApiJob } from '../api/answers.js';
import { jobFilesQuery } from '../api/queries.js';
import { size } from '../kit/size.js';
import { When } from '../kit/when.js';
import { words } from '../words.js';

/** The files that a job left: to download, and the archive to look into. */
export function JobFiles({ job, path }: { job: ApiJob; path: string }) {
  const files = useQuery(jobFilesQuery(job.id));
  const w = words.files;
  const [owner = '', repo = ''] = path.split('/');
  if (!files.data || files.data.files.length === 0) return null;
  const { may_read: may } = files.data;
  return (
    <div className="border-t border-line px-4 py-3 text-sm">
      <h3 className="mb-2 text-xs font-medium text-soft">{words.job.artifacts}</h3>
      <ul className="grid gap-1.5">
        {files.data.files.map((file) => (
          <li key={file.file_type} className="flex flex-wrap items-baseline gap-x-2">
            {may.allowed ? (
              <a href={file.url} className="break-all text-accent underline underline-offset-2">
                {file.filename}
              </a>
            ) : (
              <span className="break-all">{file.filename}</span>
            )}
            <span className="text-xs text-soft">{size(file.size)}</span>
            {file.expire_at === null ? null : (
              <span className="text-xs text-soft">
                {w.until} <When at={file.expire_at} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {may.allowed ? null : <p className="mt-2 text-xs text-soft">{may.reason}</p>}
      {may.allowed && files.data.files.some((file) => file.file_type === 'archive') ? (
        <Link
          to="/$owner/$repo/-/jobs/$jobId/artifacts/browse"
          params={{ owner, repo, jobId: String(job.id) }}
          className="mt-2 inline-block underline underline-offset-2"
        >
          {w.browse}
        </Link>
      ) : null}
    </div>
  );
}
