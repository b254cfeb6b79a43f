@security @critical @isolation @idor
Feature: Users cannot reach what belongs to another user
  Mallory has a valid account and knows the ids of everything that belongs to Alice. That must not
  give access to any of it, and must not even confirm that it exists.

  @E5 @impersonation
  Scenario: A user cannot act in another user's name
    Given Alice and Mallory are chatting
    And Alice asks a slow question
    When Mallory tries to use Alice's name
    And Alice gets the answer
    Then Mallory has acted as themselves alone, never as Alice
    And Alice has received one complete run for each question, accepted in the order asked
    And no user has received anything of another

  @E6
  Scenario: A user cannot cancel another user's run or learn that it exists
    Given Alice and Mallory are chatting
    And Alice has a question answered
    And Alice asks 2 very slow questions
    When Mallory tries to use Alice's runs
    Then Alice has received one complete run for each question, accepted in the order asked
    And Mallory has received nothing of Alice's
    And Mallory gets the same responses as for a run that does not exist

  @E6 @needs.id_enumeration @id-enumeration
  Scenario: A user cannot cancel a run by guessing its id
    Given Alice and Mallory are chatting
    And Alice asks a slow question
    And Mallory asks a slow question
    And Alice asks a slow question
    When Mallory tries to cancel the runs with the ids next to their own
    Then everyone has received one complete run for each question, accepted in the order asked
    And no user has received anything of another
    And Mallory gets the same responses as for a run that does not exist

  @E6
  Scenario: A user cannot join another user's conversation or learn that it exists
    Given Alice and Mallory are chatting
    And Alice asks a question that needs several tools
    When Mallory tries to use Alice's conversation
    And Alice continues the conversation with a question that recalls a note
    Then Alice is still in the same conversation
    And Alice has received one complete run for each question, accepted in the order asked
    And Mallory has received nothing of Alice's
    And Mallory gets the same responses as for a conversation that does not exist

  @E6 @needs.resume
  Scenario: A user cannot resume another user's stream or learn that it exists
    Given Alice and Mallory are chatting
    And Alice has a question answered
    When Mallory tries to use Alice's stream
    Then Mallory has received nothing of Alice's
    And Mallory gets the same responses as for a stream that does not exist

  @E6
  Scenario: Two users can use the same request id
    Given Alice and Mallory are chatting
    And Alice asks a slow question
    When Mallory tries to use Alice's request id
    Then everyone has received the complete run, in order
    And no user has received anything of another

  @E1 @needs.resume
  Scenario: A user who reconnects receives nothing of another user
    Given Alice and Bob are chatting
    And everyone asks a slow question
    When Bob loses the connection after "agent_thinking"
    And Alice gets the answer
    And Bob reconnects
    Then everyone has received the complete run, in order
    And no user has received anything of another
