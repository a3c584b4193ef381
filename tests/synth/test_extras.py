import subprocess
import sys

import pytest

from hiphinge.errors import MissingDependency
from hiphinge.synth.extras import load_extra


def test_missing_package_says_how_to_get_it():
    with pytest.raises(MissingDependency) as caught:
        load_extra("a_package_that_nobody_has")
    assert "pip install 'hiphinge[synth]'" in str(caught.value)
    assert "a_package_that_nobody_has" in caught.value.what
    assert caught.value.exit_code == 10


def test_present_package_is_returned():
    assert load_extra("json").dumps([1]) == "[1]"


def test_renderer_is_not_imported_with_the_modules():
    code = (
        "import hiphinge.synth.actor, hiphinge.synth.clips, hiphinge.synth.scene, sys;"
        "print([m for m in ('anny', 'torch', 'pyvista', 'vtk', 'cv2', 'av') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
