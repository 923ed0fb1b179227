"""The repository team: from an issue to a tested patch."""

from motet.graphs.repo.policies import REPO_POLICIES, repo_policy_table, resolve_repo_policy
from motet.graphs.repo.policy import RepoPolicy
from motet.graphs.repo.predictions import Prediction, prediction_of, write_predictions
from motet.graphs.repo.state import RepoInput, RepoOutput, RepoState
from motet.graphs.repo.team import build_repo_team, create_repo_team
from motet.graphs.repo.verdict import PatchEvidence, ReproductionEvidence

__all__ = [
    "REPO_POLICIES",
    "PatchEvidence",
    "Prediction",
    "RepoInput",
    "RepoOutput",
    "RepoPolicy",
    "RepoState",
    "ReproductionEvidence",
    "build_repo_team",
    "create_repo_team",
    "prediction_of",
    "repo_policy_table",
    "resolve_repo_policy",
    "write_predictions",
]
