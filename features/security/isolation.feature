@security @critical @isolation @regression.isolation
Feature: Users never see each other's events
  Every user's questions carry a secret that no other user knows. It must never reach anyone else.

  @E1
  Scenario: Two users at work see their own events and nothing of each other
    Given Alice and Bob are chatting
    When everyone asks a question
    Then everyone has received the complete run, in order
    And no user has received anything of another

  @E2
  Scenario: Several users at work at once see nothing of each other
    Given a small group of users is chatting
    When everyone has 5 questions answered
    Then everyone has received the complete run, in order
    And no user has received anything of another

  @E4 @fresh_accounts
  Scenario: What a tool stores for one user stays with that user
    Given Alice and Bob are chatting
    When everyone has a question that needs several tools answered
    And everyone has a question that recalls a note answered
    Then everyone has received the complete run, in order
    And no user has received anything of another
    And the answer quotes Alice

  @E4 @fresh_accounts @needs.restart
  Scenario: No user receives another's stored notes after a restart
    Given Alice and Bob are chatting
    And everyone has a question that needs several tools answered
    When the chat service goes down
    And the chat service comes back
    And everyone reconnects
    And everyone has a question that recalls a note answered
    Then everyone has received the complete run, in order
    And no user has received anything of another
