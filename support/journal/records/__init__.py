"""The records of a journal: what happened, in the order it happened, one JSON object a line.

`t` is seconds since the journal was opened, by the monotonic clock of the machine that ran the
suite; `Opened.wall` ties it to Unix time. `user` is a person of one scenario (`s07/Alice`), never a
bare name, so that two scenarios cannot be mistaken for each other.
"""

from support.journal.records.accounts import AuthAnswer as AuthAnswer
from support.journal.records.accounts import PreludeCall as PreludeCall
from support.journal.records.accounts import SameIdentityAs as SameIdentityAs
from support.journal.records.accounts import SignedIn as SignedIn
from support.journal.records.connections import AnswerMentions as AnswerMentions
from support.journal.records.connections import CanaryServerContacted as CanaryServerContacted
from support.journal.records.connections import Closed as Closed
from support.journal.records.connections import Connected as Connected
from support.journal.records.connections import Connecting as Connecting
from support.journal.records.connections import Fence as Fence
from support.journal.records.connections import Frame as Frame
from support.journal.records.connections import Heartbeat as Heartbeat
from support.journal.records.connections import Implied as Implied
from support.journal.records.connections import ProvokedClose as ProvokedClose
from support.journal.records.connections import Refused as Refused
from support.journal.records.connections import SlowHandshake as SlowHandshake
from support.journal.records.connections import WaitTimedOut as WaitTimedOut
from support.journal.records.deployment import Announcing as Announcing
from support.journal.records.deployment import Arrived as Arrived
from support.journal.records.deployment import Control as Control
from support.journal.records.deployment import Fault as Fault
from support.journal.records.deployment import Health as Health
from support.journal.records.deployment import PlaintextAttempt as PlaintextAttempt
from support.journal.records.deployment import TlsCertificate as TlsCertificate
from support.journal.records.deployment import TlsOffer as TlsOffer
from support.journal.records.lines import AnyRecord as AnyRecord
from support.journal.records.lines import cleaned as cleaned
from support.journal.records.lines import decode as decode
from support.journal.records.lines import encode as encode
from support.journal.records.lines import encode_lines as encode_lines
from support.journal.records.load import LoadBegan as LoadBegan
from support.journal.records.load import LoadEarlier as LoadEarlier
from support.journal.records.load import LoadEnded as LoadEnded
from support.journal.records.load import LoadInterval as LoadInterval
from support.journal.records.load import LoadProgress as LoadProgress
from support.journal.records.load import LoadShard as LoadShard
from support.journal.records.load import LoadViolation as LoadViolation
from support.journal.records.reconnect import BreakerTransition as BreakerTransition
from support.journal.records.reconnect import DeadConnectionNoticed as DeadConnectionNoticed
from support.journal.records.reconnect import DuplicateDropped as DuplicateDropped
from support.journal.records.reconnect import FailedFast as FailedFast
from support.journal.records.reconnect import PoolAcquire as PoolAcquire
from support.journal.records.reconnect import Queued as Queued
from support.journal.records.reconnect import Reconnected as Reconnected
from support.journal.records.reconnect import ReconnectGaveUp as ReconnectGaveUp
from support.journal.records.reconnect import ReconnectScheduled as ReconnectScheduled
from support.journal.records.record import Record as Record
from support.journal.records.run import CUT_SHORT as CUT_SHORT
from support.journal.records.run import DeploymentBuild as DeploymentBuild
from support.journal.records.run import HarnessError as HarnessError
from support.journal.records.run import LeftOut as LeftOut
from support.journal.records.run import Opened as Opened
from support.journal.records.run import Sample as Sample
from support.journal.records.run import ScenarioEnded as ScenarioEnded
from support.journal.records.run import ScenarioResult as ScenarioResult
from support.journal.records.run import ScenarioStarted as ScenarioStarted
from support.journal.records.run import StepEnded as StepEnded
