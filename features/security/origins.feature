@security @critical
Feature: Only our own site may connect in the name of its visitors
  A browser tells which site a page is from. A page of any other site must not be able to open a
  conversation for whoever happens to look at it. Apps that are no page tell no site.

  @F5
  Scenario Outline: A page of <site> cannot open a connection in Alice's name
    Given Alice is chatting from a page of the allowed site
    When a page of <site> tries to get in with Alice's own token
    Then the visitor stays out and sees nothing
    And Alice can still come in from a page of the allowed site

    Examples:
      | site                                          |
      | a malicious site                                  |
      | a site whose name starts with the allowed name |
      | a site whose name ends with the allowed name   |
      | a site whose name ends with the allowed name after a hyphen |
      | a subdomain of the allowed site                  |
      | the allowed site on another port              |
      | the allowed site over plain HTTP           |
      | a page with a null origin                      |

  @F5
  Scenario: A page of the allowed site is let in
    When Alice comes to chat from a page of the allowed site
    Then Alice is let in

  @F5
  Scenario: An app that is no page of any site is let in
    Given Alice is chatting from a page of the allowed site
    When Alice comes to chat
    Then Alice is let in
