@security @critical @isolation @regression.isolation
Feature: Users never see each other's events
  Everybody's questions carry a secret that only they know. Wherever it turns up, it must be theirs.

  @E1
  Scenario: Two users at work see their own events and nothing of each other
    Given Alice and Bob are chatting
    When Alice and Bob ask a question at the same time
    Then each of them has seen a whole run of their own
    And none of them has seen anything of the others

  @E2
  Scenario: A crowd at work at once stays apart
    Given a crowd is chatting
    When everybody keeps asking questions at the same time
    Then each of them has seen a whole run of their own
    And none of them has seen anything of the others

  @E4
  Scenario: What a tool keeps for one user stays with that user
    Given Alice and Bob are chatting
    When Alice and Bob each have the agent remember a note of theirs
    And Alice and Bob each have the agent recall their notes
    Then each of them has seen a whole run of their own
    And none of them has seen anything of the others
    And the answer quotes Alice
