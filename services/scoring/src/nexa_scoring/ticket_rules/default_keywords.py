"""What speaks for which answer in version 1, and how much. German words stand among the English ones."""

KEYWORDS: dict[str, dict[str, dict[str, float]]] = {
    "type": {
        "bug": {
            "not working": 1.5, "doesn't work": 1.5, "does not work": 1.5, "stopped working": 2, "no longer work*": 2,
            "not load*": 1.5, "won't load": 1.5, "nothing happens": 1.5, "error*": 1.5, "bug": 2, "bugs": 2, "broken": 1.5,
            "crash*": 2, "fail*": 1.5, "freez*": 1.5, "hangs": 1.5, "wrong": 1, "incorrect*": 1, "missing": 1, "exception": 1.5,
            "blank": 1, "stuck": 1.5, "disappear*": 1.5, "lost": 1, "slow*": 1, "timeout*": 1.5, "times out": 1.5,
            "timed out": 1.5, "unable to": 1, "can't": 0.5, "cannot": 0.5, "not sync*": 1.5, "won't": 0.7, "garbled": 1.5,
            "twice": 0.7, "duplicated": 1, "funktioniert nicht": 1.5, "fehler*": 1.5, "geht nicht": 1.5, "kaputt": 1.5,
            "absturz": 2, "stürzt ab": 2, "hängt": 1.2, "lädt nicht": 1.5, "falsch*": 1, "not show*": 1, "not appear*": 1,
            "doesn't show": 1, "not update*": 1, "not arriv*": 1, "never arriv*": 1, "cut off": 1,
        },
        "question": {
            "how do i": 2.5, "how do we": 2.5, "how can i": 2.5, "how can we": 2.5, "how to": 2, "how does": 2, "how would": 2,
            "where can i": 2.5, "where do i": 2.5, "where can we": 2.5, "where is": 1.5, "is there a way": 2, "what is": 1.2,
            "what does": 1.5, "what happens": 1.2, "which": 0.5, "can you explain": 2.5, "could you explain": 2.5,
            "could you tell": 1.5, "can you tell": 1.5, "question": 1.5, "wondering": 1.2, "is it possible": 1.2,
            "do you": 0.7, "does it": 0.7, "can i": 1, "can we": 1, "should i": 1.5, "what's the difference": 2, "?": 0.7,
            "documentation": 1, "wie kann": 2.5, "wie können": 2.5, "wo finde": 2.5, "frage": 1.5, "wie viel*": 1.5,
            "ist es möglich": 1.2, "gibt es": 1,
        },
        "feature": {
            "feature request": 4, "would be great": 2.5, "would be nice": 2.5, "would love": 2.5, "would like to see": 2.5,
            "please add": 3, "could you add": 3, "can you add": 3, "suggest*": 1.5, "wish": 1.5, "enhancement": 2.5,
            "it would help": 2, "would help us": 2, "missing feature": 2, "ability to": 1.5, "support for": 1,
            "add support": 2.5, "we'd like": 1.5, "we would like": 1.5, "roadmap": 1.5, "any plans": 2, "request": 0.5,
            "improvement": 1.5, "idea": 1.2, "wäre schön": 2.5, "wäre toll": 2.5, "wünschen uns": 2.5, "wunsch": 1.5,
            "funktionswunsch": 3, "vorschlag": 1.5, "allow us": 1, "nice to have": 2,
        },
        "incident": {
            "outage": 4, "is down": 3, "system down": 4, "service down": 4, "completely down": 3, "site is down": 2,
            "nobody can": 2.5, "no one can": 2.5, "none of us can": 2.5, "all users": 2, "all our users": 2,
            "entire company": 2, "whole company": 2, "entire team": 1, "whole team": 1.5, "everyone": 1, "data loss": 2.5,
            "data breach": 4, "security incident": 4, "leak*": 2, "unavailable": 2.5, "not reachable": 2.5, "503": 2.5,
            "502": 2.5, "production": 1, "ausfall": 4, "nicht erreichbar": 3, "niemand kann": 2.5, "alle benutzer": 2,
            "can't reach": 2, "cannot reach": 2, "hacked": 3, "unauthori*": 1.5,
        },
    },
    "priority": {
        "critical": {
            "critical": 2, "outage": 2.5, "is down": 2, "completely down": 2.5, "data loss": 3, "data breach": 4,
            "security incident": 4, "emergency": 3, "nobody can": 1.5, "no one can": 1.5, "production down": 3,
            "severity 1": 3, "hacked": 3, "unauthori*": 1.5, "ausfall": 2.5, "notfall": 3, "niemand kann": 1.5,
            "type:incident": 2, "other customers' data": 4, "another customer's": 3,
        },
        "high": {
            "blocking": 2, "blocked": 2, "blocker": 2.5, "blocks": 1.5, "can't work": 2, "cannot work": 2, "unable to work": 2,
            "urgent*": 2, "asap": 2, "as soon as possible": 1.5, "immediately": 1.5, "not working": 1, "stopped working": 1.2,
            "crash*": 1.6, "important": 1, "deadline": 1.5, "customers are waiting": 2, "losing": 1.5, "lost deals": 2,
            "end of quarter": 1, "all users": 1.2, "whole team": 1.2, "entire team": 1.2, "everyone": 1, "dringend": 2,
            "sofort": 1.5, "blockiert": 2, "funktioniert nicht": 1, "geht nicht": 1, "wichtig*": 1, "no longer work*": 1.2,
            "locked out": 1.5, "charged twice": 1.5, "several users": 1, "error message": 0.5,
        },
        "normal": {"type:bug": 2, "type:question": 2, "type:feature": 2},
        "low": {
            "minor": 2, "cosmetic": 2.5, "typo": 2.5, "small thing": 2, "no rush": 2.5, "not urgent": 4, "whenever": 1.5,
            "nice to have": 2.5, "low priority": 3, "just curious": 2.5, "no hurry": 2.5, "when you have time": 2,
            "tippfehler": 2.5, "nicht dringend": 4, "keine eile": 2.5, "some day": 1.5, "just an idea": 2,
            "alignment": 1, "misaligned": 1.5, "slightly": 1, "colour": 0.7, "color": 0.7,
        },
    },
    "sentiment": {
        "frustrated": {
            "frustrat*": 3, "unacceptable": 3, "ridiculous": 3, "disappoint*": 2.5, "annoy*": 2, "angry": 3, "terrible": 2.5,
            "awful": 2.5, "worst": 2, "fed up": 3, "sick of": 2.5, "third time": 2, "second time": 1.5, "yet again": 2,
            "once again": 1.5, "still not": 2, "again and again": 2.5, "every time": 1, "blocking": 1.2, "blocked": 1.2,
            "waste*": 1.5, "no answer": 2, "nobody answers": 2.5, "cancel our": 1.5, "how is this possible": 2,
            "not working": 0.8, "error message": 0.8, "urgent*": 0.7, "!": 0.5, "useless": 2.5, "can't work": 1.2,
            "unzumutbar": 3, "ärger*": 2, "enttäusch*": 2.5, "immer noch nicht": 2.5, "schon wieder": 2.5, "frech*": 2,
            "losing": 1.2, "third week": 2, "for days": 1.5, "for weeks": 2,
        },
        "neutral": {"type:question": 1.5, "type:feature": 1.2, "type:bug": 1.2, "type:incident": 1},
        "content": {
            "love": 1.5, "great work": 2, "great product": 2, "is great": 1.5, "awesome": 2, "fantastic": 2, "excellent": 2,
            "happy with": 2.5, "enjoy*": 1.5,
            "good work": 2.5, "keep up": 2, "thank you so much": 2, "thanks a lot": 1.2, "amazing": 2, "wonderful": 2,
            "toll": 1.2, "super": 1, "zufrieden": 2.5, "begeistert": 2.5, "big fan": 2.5, "very pleased": 2.5,
        },
    },
    "urgency": {
        "high": {
            "blocking": 2.5, "blocked": 2.5, "blocker": 2.5, "urgent*": 3, "asap": 3, "as soon as possible": 2.5,
            "immediately": 2.5, "right now": 2, "today": 1, "deadline": 2, "tomorrow": 1.5, "within the hour": 3,
            "emergency": 3,
            "can't work": 2.5, "cannot work": 2.5, "unable to work": 2.5, "is down": 2.5, "outage": 3, "nobody can": 2,
            "no one can": 2, "critical": 2, "waiting": 0.7, "customers are waiting": 2, "locked out": 2, "dringend": 3,
            "sofort": 2.5, "heute noch": 2.5, "ausfall": 3, "blockiert": 2.5, "niemand kann": 2, "losing": 1.5,
            "type:incident": 1.5, "data breach": 3, "end of quarter": 1, "tonight": 2, "in an hour": 3,
        },
        "medium": {"type:bug": 1.3, "type:question": 1.3},
        "low": {
            "no rush": 3, "no hurry": 3, "not urgent": 5, "whenever": 2, "when you have time": 2.5, "nice to have": 2.5,
            "some day": 2, "just curious": 2.5, "minor": 1.5, "cosmetic": 2, "typo": 2, "type:feature": 1.5,
            "nicht dringend": 5, "keine eile": 3, "low priority": 3, "just an idea": 2, "tippfehler": 2, "slightly": 0.7,
        },
    },
}  # fmt: skip
