@resilience @critical
Feature: When a part of the service is away, people are told, and it recovers by itself
  Databases fail over. Nobody should be left waiting in silence, and nothing should be lost.

  @H10 @needs.store_outage @needs.health
  Scenario: A store that is away is admitted, and everything goes on once it is back
    Given Alice and Bob are chatting
    And Bob asks a question that takes a while
    When the store of the service is taken away
    And the answer to Bob is due
    And Alice asks a question
    Then within 5 seconds the service admits that it is not well
    And within 5 seconds Alice has an answer, or an error that says why not
    When the store of the service is given back
    Then within 10 seconds the service is well again
    And no run of Bob's was lost in the outage
    When Alice asks a question
    Then each of them has seen a whole run of their own
    And nobody's story has a gap, anything twice or anything out of order

  @H10 @needs.auth_outage @needs.issue_tokens
  Scenario: While nobody can sign in, those who are signed in go on
    Given Alice is chatting
    When the sign-in service is taken away
    And Bob tries to sign in
    And Alice asks a question
    And Alice gets the answer
    And Alice comes to chat
    And the sign-in service is given back
    And Bob tries to sign in
    And Alice refreshes her token
    Then Bob was told within 5 seconds that nobody can sign in, and can sign in now
    And Alice was let in meanwhile, and holds another token of her own
    And Alice has seen the whole run, in order
