"""The voices for work on a repository: an issue becomes a plan, tests of the fault, patches and a review."""

from motet.agents.repo.baseline import Baseline, Reached
from motet.agents.repo.blocks_coder import create_blocks_coder
from motet.agents.repo.change_plan import ChangePlan, Target
from motet.agents.repo.function_coder import create_function_coder
from motet.agents.repo.issue import Issue, read_issue
from motet.agents.repo.patch_agent import create_patch_agent
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.agents.repo.patch_review import PatchReview, Remark
from motet.agents.repo.patch_reviewer import PatchReviewerInput, create_patch_reviewer
from motet.agents.repo.proposing import PatchCoderInput
from motet.agents.repo.repo_baseline import create_repo_baseline
from motet.agents.repo.repo_planner import create_repo_planner
from motet.agents.repo.repo_tester import RepoTesterInput, create_repo_tester
from motet.agents.repo.reproducer import create_reproducer
from motet.agents.repo.reproduction import Reproduction
from motet.agents.repo.whole_suite import WholeSuiteInput, create_whole_suite

__all__ = [
    "Baseline",
    "ChangePlan",
    "Issue",
    "PatchAssignment",
    "PatchCandidate",
    "PatchCoderInput",
    "PatchReport",
    "PatchReview",
    "PatchReviewerInput",
    "Reached",
    "Remark",
    "RepoTesterInput",
    "Reproduction",
    "Target",
    "WholeSuiteInput",
    "create_blocks_coder",
    "create_function_coder",
    "create_patch_agent",
    "create_patch_reviewer",
    "create_repo_baseline",
    "create_repo_planner",
    "create_repo_tester",
    "create_reproducer",
    "create_whole_suite",
    "read_issue",
]
