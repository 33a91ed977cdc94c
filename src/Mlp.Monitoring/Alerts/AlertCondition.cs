namespace Mlp.Monitoring.Alerts;

/// <summary>What a rule watches for.</summary>
public enum AlertCondition
{
    /// <summary>The figure is above the threshold.</summary>
    Above = 0,

    /// <summary>The figure is below the threshold.</summary>
    Below = 1,

    /// <summary>The figure has risen by more than the threshold, as a share of what it is compared with: 0.1 for 10 %.</summary>
    RisesBy = 2,

    /// <summary>The figure has fallen by more than the threshold, as a share of what it is compared with.</summary>
    FallsBy = 3,

    /// <summary>The figure has risen or fallen by more than the threshold, as a share of what it is compared with.</summary>
    ChangesBy = 4,

    /// <summary>There has been no new figure for as long as <see cref="AlertRuleOptions.For"/> says.</summary>
    Absent = 5,
}
