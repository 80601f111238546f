"""The kinds of streams in this service's store, and what their decisions see beside their own stream."""

from nexa_chassis.domain import Aggregate, AggregateInContext
from nexa_contracts import topics
from nexa_support.agent import decisions as agent_decisions
from nexa_support.agent import state as agent_state
from nexa_support.bug import commands as bug_commands
from nexa_support.bug import decisions as bug_decisions
from nexa_support.bug import state as bug_state
from nexa_support.bug.recurrence import Evidence
from nexa_support.deployment import decisions as deployment_decisions
from nexa_support.deployment import state as deployment_state
from nexa_support.feature_request import decisions as feature_request_decisions
from nexa_support.feature_request import state as feature_request_state
from nexa_support.read_models import agent_desk, product_managers, recurrence_evidence, week_facts
from nexa_support.sla import changing as sla_changing
from nexa_support.sla import policies as sla
from nexa_support.suspicion import decisions as suspicion_decisions
from nexa_support.ticket import commands as ticket_commands
from nexa_support.ticket import decisions as ticket_decisions
from nexa_support.ticket import events as ticket_events
from nexa_support.ticket import state as ticket_state
from nexa_support.ticket.desk import Desk
from nexa_support.weekly_review import decisions as weekly_review_decisions

agent = Aggregate[agent_decisions.Command, agent_state.Unlisted | agent_state.Listed](
    name="agent",
    key="agent_id",
    topic=topics.AGENT,
    commands=agent_decisions.COMMANDS,
    initial=agent_state.Unlisted(),
    evolve=agent_state.evolve,
    decide=agent_decisions.decide,
)

ticket = AggregateInContext[ticket_commands.Command, ticket_state.State, Desk](
    name="ticket",
    key="ticket_id",
    topic=topics.TICKET,
    private=ticket_events.PRIVATE,
    commands=ticket_commands.COMMANDS,
    initial=ticket_state.NotSubmitted(),
    evolve=ticket_state.evolve,
    decide=ticket_decisions.decide,
    context=agent_desk.desk,
)

sla_policies = Aggregate[sla_changing.ChangePolicies, sla.Policies](
    name="sla_policies",
    key="policies_id",
    topic=topics.SLA_POLICIES,
    commands=(sla_changing.ChangePolicies,),
    initial=sla.DEFAULT_POLICIES,
    evolve=sla.evolve,
    decide=sla_changing.decide,
)

feature_request = Aggregate[feature_request_decisions.Command, feature_request_state.State](
    name="feature_request",
    key="request_id",
    topic=topics.FEATURE_REQUEST,
    commands=feature_request_decisions.COMMANDS,
    initial=feature_request_state.NotRequested(),
    evolve=feature_request_state.evolve,
    decide=feature_request_decisions.decide,
)

weekly_review = AggregateInContext[
    weekly_review_decisions.ReviewWeek, weekly_review_decisions.State, weekly_review_decisions.Weeks
](
    name="weekly_review",
    key="review_id",
    topic=topics.WEEKLY_REVIEW,
    commands=(weekly_review_decisions.ReviewWeek,),
    initial=weekly_review_decisions.NotReviewed(),
    evolve=weekly_review_decisions.evolve,
    decide=weekly_review_decisions.decide,
    context=week_facts.weeks_reviewed,
)

bug = AggregateInContext[bug_commands.Command, bug_state.State, Evidence](
    name="bug",
    key="bug_id",
    topic=topics.BUG,
    commands=bug_commands.COMMANDS,
    initial=bug_state.NotOpened(),
    evolve=bug_state.evolve,
    decide=bug_decisions.decide,
    context=recurrence_evidence.evidence_of_recurrence,
)

deployment = Aggregate[deployment_decisions.Command, deployment_state.State](
    name="deployment",
    key="deployment_id",
    topic=topics.DEPLOYMENT,
    commands=deployment_decisions.COMMANDS,
    initial=deployment_state.NotDeployed(),
    evolve=deployment_state.evolve,
    decide=deployment_decisions.decide,
)

suspicion = AggregateInContext[
    suspicion_decisions.SuspectBug,
    suspicion_decisions.Unsuspected | suspicion_decisions.Suspected,
    suspicion_decisions.People,
](
    name="suspicion",
    key="suspicion_id",
    topic=topics.SUSPICION,
    commands=(suspicion_decisions.SuspectBug,),
    initial=suspicion_decisions.Unsuspected(),
    evolve=suspicion_decisions.evolve,
    decide=suspicion_decisions.decide,
    context=product_managers.product_managers,
)
