#!/usr/bin/env node
// Starts the failspec program of this platform, which is in a package of its own (an optional dependency).
'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const platform = `${process.platform}-${process.arch}`;
const name = `@failspec/${platform}`;

function program() {
  const { optionalDependencies } = require('../package.json');
  if (!(name in optionalDependencies)) {
    return fail(`failspec has no program for ${platform}; it has one for ${Object.keys(optionalDependencies)
      .map((known) => known.replace('@failspec/', '')).join(', ')}`);
  }
  try {
    const folder = path.dirname(require.resolve(`${name}/package.json`));
    return path.join(folder, 'bin', process.platform === 'win32' ? 'failspec.exe' : 'failspec');
  } catch {
    return fail(`the package ${name} is not installed: reinstall failspec with optional dependencies `
      + '(without --omit=optional, and on the platform on which it runs)');
  }
}

function fail(message) {
  console.error(`error: ${message}`);
  // Exit code 2: nothing was sent.
  process.exit(2);
}

const file = program();
const parameters = process.argv.slice(2);
if (process.execve && process.platform !== 'win32') {
  // The program takes the place of this process: signals, the terminal and the exit code are its own.
  process.execve(file, [file, ...parameters], process.env);
}

const child = spawn(file, parameters, { stdio: 'inherit' });
child.on('error', (error) => fail(`cannot start ${file}: ${error.message}`));
// A terminal sends Ctrl-C to both processes, and a second signal would stop the program before it has cleaned up.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
