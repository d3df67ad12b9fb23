/** The terms that a server starts with. A higher version, stored by an administrator, takes their place. */
export const firstTerms = {
  version: 1,
  body: `Crosstie runs pipelines for what you push to GitHub. To do so in your name it needs your consent.

What it uses. When you push, Crosstie exchanges the authorisation that you gave its GitHub App for a token that can read one repository and nothing else, hands that token to the runner that runs your job, and ends it when the pipeline ends.

What it keeps about you. Your GitHub number, login, name and picture; which pipelines ran with your rights; when you signed in; an encrypted token with which your authorisation is renewed.

What it keeps about your work. Logs and artifacts of jobs, the CI files of a pushed commit, names of changed files, and the commit's title, message, author and time. It stores no other file of your repository.

Who sees it. People who may see the project, as far as their role goes; administrators of this server.

How it ends. Unlink GitHub in your account, or take back the authorisation on GitHub: from then on nothing runs in your name, and the renewing token is deleted.`,
};
