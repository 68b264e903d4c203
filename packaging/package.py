#!/usr/bin/env python3
"""Makes the npm packages and the archive of one platform out of a program that is already built.

    python3 packaging/package.py --program target/dist/failspec --target x86_64-unknown-linux-musl --out target/packages

needs Python 3.11. The wheel is made by maturin: see docs/release.md.
"""

import argparse
import gzip
import io
import json
import shutil
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Rust's name of each platform, and the name that npm and Node.js have for it.
PLATFORMS = {
    "x86_64-unknown-linux-musl": ("linux", "x64"),
    "aarch64-unknown-linux-musl": ("linux", "arm64"),
    "x86_64-apple-darwin": ("darwin", "x64"),
    "aarch64-apple-darwin": ("darwin", "arm64"),
    "x86_64-pc-windows-msvc": ("win32", "x64"),
}

# 1980-01-01, the first moment that a zip file can express: the same content gives the same bytes.
MODIFIED = 315532800


def manifest():
    """Returns what Cargo.toml says of the package."""
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
    package = cargo["package"]
    workspace = cargo["workspace"]["package"]
    return {key: workspace.get(key) if isinstance(value, dict) else value for key, value in package.items()}


def npm_package(package, name, description):
    """Returns what the package.json of every npm package has."""
    return {
        "name": name,
        "version": package["version"],
        "description": description,
        "license": package["license"],
        "keywords": package["keywords"],
        "repository": {"type": "git", "url": f"git+{package['repository']}.git"},
        "homepage": package["repository"],
    }


def write_npm(folder, content):
    (folder / "package.json").write_text(json.dumps(content, indent=2) + "\n")
    for license_file in ("LICENSE-MIT", "LICENSE-APACHE"):
        shutil.copyfile(ROOT / license_file, folder / license_file)


def npm_main(package, folder):
    """Writes the package that users name; it holds the launcher."""
    shutil.copytree(ROOT / "packaging" / "npm", folder)
    (folder / "bin" / "failspec.js").chmod(0o755)
    content = npm_package(package, "failspec", package["description"])
    content["bin"] = {"failspec": "bin/failspec.js"}
    content["engines"] = {"node": ">=18"}
    content["optionalDependencies"] = {
        f"@failspec/{system}-{processor}": package["version"] for system, processor in PLATFORMS.values()
    }
    write_npm(folder, content)


def npm_platform(package, folder, program, target):
    """Writes the package that holds the program of one platform."""
    system, processor = PLATFORMS[target]
    name = "failspec.exe" if system == "win32" else "failspec"
    (folder / "bin").mkdir(parents=True)
    shutil.copyfile(program, folder / "bin" / name)
    (folder / "bin" / name).chmod(0o755)
    content = npm_package(package, f"@failspec/{system}-{processor}", f"The program of failspec for {system}-{processor}.")
    content |= {"os": [system], "cpu": [processor], "preferUnplugged": True, "publishConfig": {"access": "public"}}
    (folder / "README.md").write_text(f"# {content['name']}\n\n{content['description']} Install `failspec` instead.\n")
    write_npm(folder, content)


def archive_files(program, extras, windows):
    """Returns the files of an archive: their names in it, their content, and whether they are programs."""
    files = [("failspec.exe" if windows else "failspec", program.read_bytes(), True)]
    for name in ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"):
        files.append((name, (ROOT / name).read_bytes(), False))
    for file in sorted(extras.glob("*/*")) if extras else ():
        files.append((file.relative_to(extras).as_posix(), file.read_bytes(), False))
    return files


def write_archive(path, top, files, windows):
    """Writes a zip file for Windows, and a compressed tar file for the others."""
    if windows:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, _ in files:
                archive.writestr(zipfile.ZipInfo(f"{top}/{name}", (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        return
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, MODIFIED) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content, is_program in files:
                entry = tarfile.TarInfo(f"{top}/{name}")
                entry.size, entry.mtime, entry.mode = len(content), MODIFIED, 0o755 if is_program else 0o644
                archive.addfile(entry, io.BytesIO(content))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the program, built with --profile dist")
    parser.add_argument("--target", choices=PLATFORMS, required=True, help="the platform of the program")
    parser.add_argument("--out", type=Path, required=True, help="the folder for what is made")
    parser.add_argument("--extras", type=Path, help="what `cargo run --example extras` wrote: man pages and completions")
    parser.add_argument("--release", action="store_true", help="refuse what must not be published")
    arguments = parser.parse_args()
    package = manifest()
    if arguments.release and "example.com" in package["repository"]:
        sys.exit("error: set [workspace.package] repository in Cargo.toml first (docs/release.md)")
    windows = "windows" in arguments.target
    npm = arguments.out / "npm"
    shutil.rmtree(npm, ignore_errors=True)
    npm.mkdir(parents=True)
    npm_main(package, npm / "failspec")
    npm_platform(package, npm / "-".join(PLATFORMS[arguments.target]), arguments.program, arguments.target)
    top = f"failspec-{package['version']}-{arguments.target}"
    path = arguments.out / (top + (".zip" if windows else ".tar.gz"))
    write_archive(path, top, archive_files(arguments.program, arguments.extras, windows), windows)
    print(path)


if __name__ == "__main__":
    main()
