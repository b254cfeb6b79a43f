@integration @critical
Feature: Every question is answered once, in order
  People write one message after another. None may be lost, answered twice or mixed up.

  @A7
  Scenario: A long series of questions loses and duplicates nothing
    Given Alice is chatting
    When Alice asks a long series of questions
    Then Alice has received one complete run for each question, accepted in the order asked
    And Alice has received every event once, in order

  @C1 @concurrency
  Scenario: Hundreds of questions of several users are each answered once
    Given a group of users is chatting
    When everyone has a total of 300 questions answered
    Then everyone has received one complete run for each question, accepted in the order asked
    And at least 300 questions are answered

  @C2 @idempotency
  Scenario: A request that is sent twice runs once
    Given Alice is chatting
    When Alice asks a slow question, sent twice at once
    And Alice repeats the request
    And Alice gets the answer
    And Alice repeats the request
    And Alice repeats the request with another text
    Then Alice has received the complete run, in order
    And Alice's repeated request ran once

  @C2 @idempotency
  Scenario: A request whose run has failed is not run again
    Given Alice is chatting
    When Alice has an impossible question answered
    And Alice repeats the request
    And Alice has a question answered
    And Alice repeats the first request
    Then Alice's repeated request ran once

  @C2 @idempotency
  Scenario: A request that is repeated after another question runs once
    Given Alice is chatting
    When Alice has a question answered
    And Alice has a question answered
    And Alice repeats the first request
    Then Alice's repeated request ran once

  @C5 @offline-queue
  Scenario: Questions written offline are sent in order after reconnecting
    Given Alice is chatting
    When Alice loses the connection
    And Alice asks 20 questions
    And Alice reconnects
    Then 20 queued questions of Alice were sent, in order
    And Alice has received one complete run for each question, accepted in the order asked

  @C5 @offline-queue
  Scenario: Questions that do not fit into the offline queue are reported
    Given Alice is chatting from an app with room for 10 unsent questions
    When Alice loses the connection
    And Alice asks 20 questions
    And Alice reconnects
    Then Alice was told that 10 questions did not fit
    And 10 queued questions of Alice were sent, in order
    And Alice has received one complete run for each question, accepted in the order asked

  @A7
  Scenario: A conversation of several questions
    Given Alice is chatting
    When Alice has a question that needs a tool answered
    And Alice has a question answered
    And Alice disconnects
    Then Alice's connection was closed cleanly
    And every answer to Alice is correct
    And the answer quotes Alice
    And Alice has received one complete run for each question, accepted in the order asked

  @A7
  Scenario: Only the user who asked is answered
    Given Alice and Bob are chatting
    When Alice asks a question
    And Alice gets the answer
    Then only Alice is answered

  @A7 @E8 @needs.announcements @broadcast
  Scenario: An announcement reaches everyone once
    Given Alice and Bob are chatting
    And Alice is chatting from a second device
    And everyone has a question answered
    When Bob loses the connection
    And Bob reconnects
    And Bob tries to make announcements
    And an operator makes an announcement
    Then everyone has received the operator's announcement once on each subscribed device, addressed to everyone, and nobody else's

  @A6 @E8 @needs.announcements @needs.resubscribe @broadcast @multi-device
  Scenario: An announcement reaches a device once it has subscribed, and then once
    Given Alice and Bob are chatting
    And Alice is chatting from a second device that has not subscribed
    And Bob is chatting from a second device that has not subscribed
    When Alice's second device subscribes twice
    And Bob tries to make announcements
    And an operator makes an announcement
    Then everyone has received the operator's announcement once on each subscribed device, addressed to everyone, and nobody else's
