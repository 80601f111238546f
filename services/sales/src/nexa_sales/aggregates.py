"""The kinds of streams in this service's store, and what their decisions see beside their own stream."""

from nexa_chassis.domain import Aggregate, AggregateInContext, Alone
from nexa_contracts import topics
from nexa_sales.account import decisions as account_decisions
from nexa_sales.account import state as account_state
from nexa_sales.account.events import DealCounted, RenewalCounted
from nexa_sales.assignment import commands as assignment_commands
from nexa_sales.assignment import decisions as assignment_decisions
from nexa_sales.assignment import state as assignment_state
from nexa_sales.assignment.desk import Desk
from nexa_sales.assignment.events import LeadScoredMeanwhile, LeadWorked
from nexa_sales.contact import decisions as contact_decisions
from nexa_sales.contact import state as contact_state
from nexa_sales.deal import commands as deal_commands
from nexa_sales.deal import decisions as deal_decisions
from nexa_sales.deal import state as deal_state
from nexa_sales.import_routing import decisions as import_routing_decisions
from nexa_sales.import_routing import state as import_routing_state
from nexa_sales.read_models import rep_desk
from nexa_sales.read_models.around_tasks import around_tasks
from nexa_sales.rep import commands as rep_commands
from nexa_sales.rep import decisions as rep_decisions
from nexa_sales.rep import state as rep_state
from nexa_sales.routing_rules import decisions as routing_rules_decisions
from nexa_sales.routing_rules import state as routing_rules_state
from nexa_sales.task import commands as task_commands
from nexa_sales.task import decisions as task_decisions
from nexa_sales.task import state as task_state

rep = Aggregate[rep_commands.Command, rep_state.Rep](
    name="rep",
    key="rep_id",
    topic=topics.REP,
    commands=rep_commands.COMMANDS,
    initial=rep_state.Unlisted(),
    evolve=rep_state.evolve,
    decide=rep_decisions.decide,
)

routing_rules = Aggregate[routing_rules_decisions.Command, routing_rules_state.RuleBook](
    name="routing_rules",
    key="rules_id",
    topic=topics.ROUTING_RULES,
    commands=routing_rules_decisions.COMMANDS,
    initial=routing_rules_state.RuleBook(),
    evolve=routing_rules_state.evolve,
    decide=routing_rules_decisions.decide,
)

assignment = AggregateInContext[assignment_commands.Command, assignment_state.Assignment, Desk](
    name="assignment",
    key="lead_id",
    topic=topics.ASSIGNMENT,
    private=(LeadWorked, LeadScoredMeanwhile),
    commands=assignment_commands.COMMANDS,
    initial=assignment_state.Unrouted(),
    evolve=assignment_state.evolve,
    decide=assignment_decisions.decide,
    context=rep_desk.desk,
    alone=Alone(commands=assignment_commands.ALONE, decide=assignment_decisions.decide_alone),
)

task = AggregateInContext[task_commands.Command, task_state.Task, task_decisions.Surroundings](
    name="task",
    key="task_id",
    topic=topics.TASK,
    commands=task_commands.COMMANDS,
    initial=task_state.NoTask(),
    evolve=task_state.evolve,
    decide=task_decisions.decide,
    context=around_tasks,
)

import_routing = Aggregate[
    import_routing_decisions.ReportImportRouted, import_routing_state.Unreported | import_routing_state.Reported
](
    name="import_routing",
    key="import_id",
    topic=topics.IMPORT_ROUTING,
    commands=(import_routing_decisions.ReportImportRouted,),
    initial=import_routing_state.Unreported(),
    evolve=import_routing_state.evolve,
    decide=import_routing_decisions.decide,
)

account = Aggregate[account_decisions.Command, account_state.Account](
    name="account",
    key="account_id",
    topic=topics.ACCOUNT,
    private=(DealCounted, RenewalCounted),
    commands=account_decisions.COMMANDS,
    initial=account_state.NoAccount(),
    evolve=account_state.evolve,
    decide=account_decisions.decide,
)

contact = Aggregate[contact_decisions.AddContact, contact_state.NoContact | contact_state.Known](
    name="contact",
    key="contact_id",
    topic=topics.CONTACT,
    commands=(contact_decisions.AddContact,),
    initial=contact_state.NoContact(),
    evolve=contact_state.evolve,
    decide=contact_decisions.decide,
)

deal = Aggregate[deal_commands.Command, deal_state.Deal](
    name="deal",
    key="deal_id",
    topic=topics.DEAL,
    commands=deal_commands.COMMANDS,
    initial=deal_state.NoDeal(),
    evolve=deal_state.evolve,
    decide=deal_decisions.decide,
)
