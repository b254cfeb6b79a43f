@resilience @critical
Feature: A user's app heals its connection by itself
  Networks come and go. An app comes back without being asked, without hammering a service that is
  down, and without losing or doubling anything that was said.

  @I1
  Scenario: An app comes back by itself after the network was away for a while
    Given Alice is chatting over a network that comes and goes
    And Alice's app comes back by itself
    When the network goes away, and is back after 3 attempts to reconnect
    Then within 5 seconds Alice's app is back, after longer and longer pauses
    When Alice asks a question
    Then Alice has seen the whole run, in order

  @I1
  Scenario: An app that cannot come back gives up after five attempts
    Given Alice is chatting over a network that comes and goes
    And Alice's app comes back by itself
    When the network goes away until Alice's app gives up
    Then Alice's app has made five attempts, after longer and longer pauses

  @I1 @I3 @needs.reconnect_storm
  Scenario: People who were cut off together do not come back at the same moment
    Given twenty people are chatting over a network that comes and goes
    When the network cuts everybody off at once, and is back only for the fourth attempt of each
    Then within 5 seconds everybody is back, each at moments of their own
    And at least 70 of 100 attempts that reached the service have succeeded

  @I1
  Scenario: An app that is turned away for good does not insist
    Given Alice is chatting
    And Alice's app comes back by itself
    And Alice's token is no longer good
    When Alice loses the connection
    Then Alice's app is turned away, and does not insist

  @I2
  Scenario: A circuit breaker spares a network that is down, and loses nothing that was written
    Given Alice is chatting over a network that comes and goes
    And Alice's app comes back by itself
    When the network goes away until Alice's app gives up
    And Alice tries to reconnect at once
    And Alice writes twenty messages
    Then Alice's circuit breaker has opened after five failures, and spared that attempt
    When the network is itself again, and Alice tries once more after a while
    Then Alice's circuit breaker has let a single attempt through, and is closed again
    And everything Alice wrote went out, in order

  @I3 @needs.streams
  Scenario: What arrives twice is shown once
    Given Alice is chatting over a network that delivers everything twice
    When Alice asks a question that needs several tools
    And Alice gets the answer
    Then Alice is shown every event once

  @I3 @needs.resume
  Scenario: A question whose confirmation was lost is sent again and runs once
    Given Alice is chatting over a network that comes and goes
    And Alice's app comes back by itself
    When Alice's connection is lost just as a question of hers is confirmed
    And Alice's app has come back
    Then Alice's question is sent again, and runs once

  @I4 @needs.resume
  Scenario: After an outage the conversation goes on where it was
    Given Alice is chatting
    And Alice's app comes back by itself
    When Alice's connection is lost in the middle of the answer to a question of hers
    And Alice's app has come back
    And Alice goes on in the same conversation
    Then every message of Alice was answered once, by a whole run of its own
    And Alice's story has no gap, nothing twice and nothing out of order
    And Alice went on as the same person, in the same conversation, from where she was

  @I5
  Scenario: A connection that was put aside is given to nobody but its own user
    Given Alice and Bob are chatting
    When Alice puts her connection aside, and Bob asks for one before she does
    Then Alice is given her own, Bob is not, and it works
