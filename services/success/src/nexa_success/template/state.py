"""The onboarding template: the tasks each new onboarding gets, when its kickoff is and what the customer is given to read."""

from dataclasses import dataclass
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.success import OnboardingTemplateChanged, Priority, Role, TemplateTask

TEMPLATE_ID: UUID = derive("success", "onboarding-template")

CSM_ASSIGNED = "csm_assigned"
WELCOME_MAIL_SENT = "welcome_mail_sent"
KICKOFF_SCHEDULED = "kickoff_scheduled"
KICKOFF_HELD = "kickoff_held"
NOTE_READ = "note_read"
PROOFS = (CSM_ASSIGNED, WELCOME_MAIL_SENT, KICKOFF_SCHEDULED, KICKOFF_HELD, NOTE_READ)


@dataclass(frozen=True)
class KickoffPlan:
    """When an onboarding's kickoff is, in days after the won deal, and what it is about."""

    in_days: int
    agenda: str


@dataclass(frozen=True)
class Template:
    """Version 1 is the default template."""

    version: int
    tasks: tuple[TemplateTask, ...]
    due_in_days: int
    kickoff_in_days: int
    agenda: str
    training_documents: tuple[str, ...]

    @property
    def kickoff(self) -> KickoffPlan:
        return KickoffPlan(self.kickoff_in_days, self.agenda)


def _task(
    day: int, key: str, title: str, priority: Priority, owner: Role = Role.CSM, proved_by: str | None = None
) -> TemplateTask:
    return TemplateTask(key=key, day=day, title=title, priority=priority, owner=owner, proved_by=proved_by)


DEFAULT_TEMPLATE = Template(
    version=1,
    tasks=(
        _task(0, "assign_csm", "Assign customer success manager", Priority.URGENT, proved_by=CSM_ASSIGNED),
        _task(1, "send_welcome_email", "Send welcome email", Priority.HIGH, proved_by=WELCOME_MAIL_SENT),
        _task(1, "create_portal_account", "Create customer portal account", Priority.HIGH),
        _task(2, "schedule_kickoff", "Schedule kickoff call", Priority.URGENT, proved_by=KICKOFF_SCHEDULED),
        _task(2, "review_handoff_note", "Review handoff note", Priority.HIGH, proved_by=NOTE_READ),
        _task(3, "hold_kickoff", "Hold kickoff meeting", Priority.URGENT, proved_by=KICKOFF_HELD),
        _task(3, "provision_users", "Provision user accounts", Priority.HIGH, Role.SPECIALIST),
        _task(5, "confirm_success_criteria", "Confirm success criteria", Priority.NORMAL),
        _task(7, "schedule_training", "Schedule product training", Priority.NORMAL),
        _task(7, "set_up_data_import", "Setup data import", Priority.HIGH, Role.SPECIALIST),
        _task(10, "customize_dashboard", "Customize dashboard", Priority.NORMAL, Role.SPECIALIST),
        _task(14, "configure_integrations", "Configure integrations", Priority.HIGH, Role.SPECIALIST),
        _task(14, "hold_first_training", "First team training session", Priority.NORMAL),
        _task(15, "verify_single_sign_on", "Verify single sign-on", Priority.HIGH, Role.SPECIALIST),
        _task(18, "validate_imported_data", "Validate imported data", Priority.NORMAL, Role.SPECIALIST),
        _task(21, "hold_second_training", "Second training session", Priority.NORMAL),
        _task(21, "identify_power_users", "Identify power users", Priority.NORMAL),
        _task(25, "review_readiness", "Go-live readiness review", Priority.HIGH),
        _task(30, "go_live", "Go-live", Priority.URGENT),
        _task(30, "hold_check_in", "30-day check-in meeting", Priority.HIGH),
    ),
    due_in_days=30,
    kickoff_in_days=3,
    agenda="Review timeline, roles, deliverables",
    training_documents=("Getting started guide", "Administrator handbook", "Data import checklist"),
)


def evolve(state: Template, event: OnboardingTemplateChanged) -> Template:
    return Template(
        version=event.version,
        tasks=event.tasks,
        due_in_days=event.due_in_days,
        kickoff_in_days=event.kickoff_in_days,
        agenda=event.agenda,
        training_documents=event.training_documents,
    )
