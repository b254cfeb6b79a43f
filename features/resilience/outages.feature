@resilience @critical
Feature: When a part of the service is down, users are told, and it recovers by itself
  Databases fail over. Nobody should wait in silence, and nothing should be lost.

  @H10 @needs.store_outage @needs.health
  Scenario: Users are told while the store is down
    Given Alice is chatting
    When the store goes down
    And Alice asks a question
    Then within 5 seconds the service reports an outage of the store
    And within 5 seconds Alice has received an answer, or an error that says why not

  @H10 @needs.store_outage @needs.health
  Scenario: After an outage of the store nothing is lost
    Given Alice is chatting
    And Alice asks a slow question
    When the store goes down
    And Alice's answer is due
    And the store comes back
    And Alice has a question answered
    Then within 10 seconds the service reports the recovery of the store
    And no run was lost while the store was down

  @H10 @needs.auth_outage @needs.issue_tokens
  Scenario: While sign-in is down, those who are signed in can continue
    Given Alice is chatting
    When the sign-in service goes down
    And Alice asks a question
    And Alice connects
    And the sign-in service comes back
    Then Alice could connect while the sign-in service was down
    And Alice has received the complete run, in order

  @H10 @needs.auth_outage @needs.issue_tokens
  Scenario: After an outage of sign-in users can sign in and refresh their tokens
    Given Alice has an account
    When the sign-in service goes down
    And Bob connects
    And the sign-in service comes back
    And Bob connects
    And Alice refreshes the token
    Then Bob was told within 5 seconds that sign-in was down, and can sign in now
    And Alice has a new token of their own that allows no more, valid for at least as long as announced
