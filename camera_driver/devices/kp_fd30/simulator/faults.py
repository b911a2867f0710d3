# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated KP-FD30's program, on demand (those of the line: sim.faults)."""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    'lose_enq': 'an ENQ is not heard',
    'nak': 'an ENQ is answered 15: busy',
    'lose_enq_ack': 'the 06 to an ENQ is lost',
    'late_enq_ack': 'the 06 to an ENQ comes 1.5 s late',
    'stale_reply': 'before the 06 to an ENQ comes a reply ee ee ee of an older session',
    'stale_text_reply': 'before the 06 to a text comes a reply ee ee ee of an older session',
    'deaf': 'a good text is not heard: framing error',
    'nak_text': 'a good text is answered 15, not obeyed',
    'ignore_write': 'a write is answered 06, not obeyed',
    'lose_text_ack': 'a text is obeyed, its 06 is lost',
    'no_reply': 'a read is answered 06, its reply never comes',
    'lost_reply': 'a transmission of the reply does not come',
    'damaged_reply': 'a transmission of the reply has a wrong SUM',
    'short_reply': 'a transmission of the reply lacks its end',
    'long_reply': 'a transmission of the reply has a pair too many, and the SUM is right',
    'lower_case_reply': 'a transmission of the reply has small letters, and the SUM is right',
    'gap_in_reply': 'a transmission of the reply stands still for 1.5 s in the middle',
    'slow_reply': 'a transmission of the reply has 0.1 s between its bytes',
    'late_reply': 'a transmission of the reply comes 4 s late',
    'noise': 'before a transmission of the reply come 30 aa 03 15',
    'lose_final_ack': "the host's 06 to a reply is not heard",
    'wrong_value': 'a read is answered fe dc ba, whatever the register holds',
}
"""What `Misbehaviour.add` takes."""
