"""`python -m ops.smoke` is `haas smoke`, from a checkout that is not installed too."""

import sys

from ops.cli import main

main(["smoke", *sys.argv[1:]])
