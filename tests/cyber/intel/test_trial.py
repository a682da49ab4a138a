"""What a process says of the pattern that it is trying is there to read when it is ended."""

from pathlib import Path

from egnatia.cyber.intel.trial import told_in, tried_in
from egnatia.cyber.intel.watch import Watched

ONE = Watched("indicator--11111111-1111-4111-8111-111111111111", "One", "stix", "[a:b MATCHES 'x']", 50)
OTHER = Watched("indicator--22222222-2222-4222-8222-222222222222", "Other", "stix", "[a:b MATCHES 'y']", 50)


def test_the_pattern_that_is_being_tried_is_read_from_outside(tmp_path: Path) -> None:
    file = tmp_path / "trial"
    assert tried_in(file) == ""
    tell = told_in(file)
    said = []
    for key in (None, ONE, None, ONE, OTHER, None, ONE):
        tell(key)
        said.append(tried_in(file))
    assert said == ["", ONE.indicator, "", ONE.indicator, OTHER.indicator, "", ONE.indicator]
