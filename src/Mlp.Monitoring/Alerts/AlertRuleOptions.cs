using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Alerts;

/// <summary>Settings of one alert rule. Each subject that its figure has (a version, a feature, a slice) has an alert of its own.</summary>
public sealed class AlertRuleOptions
{
    /// <summary>Stands for each one there is, in <see cref="Variant"/> and <see cref="Slice"/>.</summary>
    public const string Each = "*";

    /// <summary>Name of the figure, for example <c>drift.psi</c>.</summary>
    [Required]
    public string Figure { get; set; } = string.Empty;

    /// <summary>One model only.</summary>
    /// <value>The default value is null: every model.</value>
    public string? Model { get; set; }

    /// <summary>One version only, at least 1.</summary>
    /// <value>The default value is null: every version.</value>
    [Range(1, int.MaxValue)]
    public int? Version { get; set; }

    /// <summary>The role that answered, for example <c>challenger</c>; <see cref="Each"/> for each role by itself.</summary>
    /// <value>The default value is null: figures of all roles together.</value>
    public string? Variant { get; set; }

    /// <summary>A part of the traffic, for example <c>area=8</c>; <see cref="Each"/> for each part by itself.</summary>
    /// <value>The default value is null: figures of all traffic.</value>
    public string? Slice { get; set; }

    /// <summary>One feature only.</summary>
    /// <value>The default value is null: every feature, and figures that are about none.</value>
    public string? Feature { get; set; }

    /// <summary>What is watched for.</summary>
    /// <value>The default value is <see cref="AlertCondition.Above"/>.</value>
    [EnumDataType(typeof(AlertCondition))]
    public AlertCondition Condition { get; set; }

    /// <summary>The limit, in the figure's unit; for <see cref="AlertCondition.RisesBy"/>, <see cref="AlertCondition.FallsBy"/> and <see cref="AlertCondition.ChangesBy"/> a share above 0. Needed but for <see cref="AlertCondition.Absent"/>.</summary>
    public double? Threshold { get; set; }

    /// <summary>The limit at which an alert resolves, on the quiet side of <see cref="Threshold"/>, so that a figure that sways around the threshold gives one alert.</summary>
    /// <value>The default value is null: <see cref="Threshold"/>.</value>
    public double? ResolveThreshold { get; set; }

    /// <summary>What a relative change is measured against.</summary>
    /// <value>The default value is null: <see cref="ReferenceFigure"/>, or the window before.</value>
    public double? ReferenceValue { get; set; }

    /// <summary>The figure that a relative change is measured against: the one of this name of the same subject.</summary>
    /// <value>The default value is null: the window before, which is the newest one that ended when this one began.</value>
    public string? ReferenceFigure { get; set; }

    /// <summary>How long it must be the case before the alert fires, 0 to 30 days.</summary>
    /// <value>The default value is 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan For { get; set; }

    /// <summary>In how many windows in a row it must be the case before the alert fires, 1 to 1,000.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1_000)]
    public int ConsecutiveWindows { get; set; } = 1;

    /// <summary>How long after it has resolved an alert does not fire again, 0 to 30 days.</summary>
    /// <value>The default value is 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CoolDown { get; set; }

    /// <summary>Figures of fewer rows say nothing.</summary>
    /// <value>The default value is 0.</value>
    [Range(0L, long.MaxValue)]
    public long MinimumRowCount { get; set; }

    /// <summary>Whether the whole 95 % confidence interval must lie beyond the threshold, where a figure has one.</summary>
    /// <value>The default value is false: the value decides.</value>
    public bool WholeInterval { get; set; }

    /// <summary>How urgent it is.</summary>
    /// <value>The default value is <see cref="AlertSeverity.Warning"/>.</value>
    [EnumDataType(typeof(AlertSeverity))]
    public AlertSeverity Severity { get; set; } = AlertSeverity.Warning;

    /// <summary>What to do about it, for those who get the alert.</summary>
    public string? Description { get; set; }

    /// <summary>Takes the version that the alert is about out of service, once per firing.</summary>
    /// <value>The default value is null: an alert changes nothing.</value>
    public AlertFallbackOptions? Fallback { get; set; }
}
