@integration @critical
Feature: Every message is answered, once, in order
  People write one message after another. None of them may be lost, answered twice or mixed up.

  @A7
  Scenario: A long series of messages loses nothing and doubles nothing
    Given Alice is chatting
    When Alice sends a long series of messages
    Then every message of Alice was answered once, by a whole run of its own
    And Alice's story has no gap, nothing twice and nothing out of order

  @C1
  Scenario: Hundreds of messages of several users lose nothing and double nothing
    Given a group of users is chatting
    When together they send 300 messages
    Then every message of everybody was answered once, by a whole run of its own
    And at least 300 messages were answered

  @C2
  Scenario: A request that is sent twice runs once
    Given Alice is chatting
    When Alice asks a question that takes a while
    And Alice, unsure whether it got through, sends the same request again
    Then Alice has seen the whole run, in order
    And the repeated request of Alice ran once

  @C5
  Scenario: Messages written while offline go out in order afterwards
    Given Alice is chatting
    When Alice loses the connection
    And Alice writes twenty messages
    And Alice reconnects
    Then everything Alice wrote went out, in order
    And every message of Alice was answered once, by a whole run of its own

  @C5
  Scenario: Messages that do not fit into the outbox are reported, never dropped in silence
    Given Alice is chatting with an app that keeps ten unsent messages
    When Alice loses the connection
    And Alice writes twenty messages
    And Alice reconnects
    Then Alice was told of 10 messages that did not fit
    And everything else Alice wrote went out, in order
    And every message of Alice was answered once, by a whole run of its own

  @A7
  Scenario: A conversation from hello to goodbye
    Given Alice is chatting
    When Alice asks a question
    Then Alice has seen the whole run, in order, with its tool
    And the answer quotes Alice
    When Alice asks a question that needs a tool
    And Alice gets the answer and leaves
    Then the answer to Alice is right
    And every message of Alice was answered once, by a whole run of its own

  @A7
  Scenario: A message to one user is answered to that user alone
    Given Alice and Bob are chatting
    When Alice asks a question
    And Alice gets the answer
    Then Alice alone was answered

  @A7 @E8 @needs.announcements
  Scenario: An announcement reaches everybody, once
    Given Alice and Bob are chatting
    And Alice asks a question
    And Alice gets the answer
    When an operator makes an announcement
    Then it reaches Alice and Bob, once each, and belongs to nobody
