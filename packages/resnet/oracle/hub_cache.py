"""What Python's huggingface_hub finds in, or downloads into, a cache of its own layout.

Usage: hub_cache.py job.json, where the job is {"endpoint": ..., "cache": ..., "id": ..., "files": [...], "offline": bool}
"""

import json
import os
import sys

job = json.load(open(sys.argv[1]))
os.environ["HF_ENDPOINT"] = job["endpoint"]
os.environ["HF_HUB_CACHE"] = job["cache"]
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"

from huggingface_hub import hf_hub_download, scan_cache_dir

paths = [hf_hub_download(job["id"], name, local_files_only=job["offline"]) for name in job["files"]]
scan = scan_cache_dir(job["cache"])
repositories = [{"id": each.repo_id, "files": sorted(file.file_name for revision in each.revisions for file in revision.files)} for each in scan.repos]
print(json.dumps({"paths": paths, "repositories": repositories, "warnings": [str(each) for each in scan.warnings]}))
