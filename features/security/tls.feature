@security @critical @F7 @needs.tls
Feature: Nobody on the way can read or change what is said
  What people write passes through networks that are not ours. Where an environment promises an
  encrypted line, the line is encrypted, and there is no way around it.

  Scenario: The line is encrypted with a certificate that people's browsers trust
    When somebody looks at how the line is encrypted
    Then the certificate is one that people's browsers trust

  Scenario: The certificate does not run out before somebody can renew it
    When somebody looks at how the line is encrypted
    Then the certificate is good for as long as this environment asks, usually two weeks

  Scenario: No outdated encryption is spoken
    When somebody looks at how the line is encrypted
    And somebody insists on outdated encryption
    Then nothing but up-to-date encryption is spoken

  Scenario: Nobody can talk in the open
    When somebody looks at how the line is encrypted
    And somebody tries to talk without any encryption
    Then nobody is served in the open
