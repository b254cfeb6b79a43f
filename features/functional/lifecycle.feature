@functional @critical
Feature: The service copes with many users and with its own restart
  Many users at once, users who disappear, and planned restarts are everyday life.

  @B2 @E3 @concurrency
  Scenario: Ten users ask fifty questions at once, and nothing is lost or mixed up
    Given 10 users are chatting
    When everyone has 5 questions answered
    Then at least 50 questions are answered
    And everyone has received one complete run for each question, accepted in the order asked
    And no user has received anything of another

  @B3 @needs.restart @needs.resume @graceful-shutdown
  Scenario: A planned restart is announced and loses no run
    Given Alice and Bob are chatting
    And everyone asks a slow question
    When the chat service goes down
    And the chat service comes back
    And everyone reconnects
    Then everyone was told about the restart and when to reconnect, then disconnected as documented
    And no run was lost while the chat service was down
    And everyone has resumed without a gap

  @B4 @regression.connection_leak @needs.metrics @connection-leak
  Scenario: Closed and dropped connections are released
    When 10 users open 100 connections, every second of which is dropped
    Then within 10 seconds the service counts no more connections than before
