using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Alerts;

/// <summary>Which alias an alert moves, and where to. It moves only while it points at the version that the alert is about.</summary>
public sealed class AlertFallbackOptions
{
    /// <summary>The alias that is moved.</summary>
    /// <value>The default value is <c>champion</c>.</value>
    [Required]
    public string Alias { get; set; } = "champion";

    /// <summary>The alias whose version takes over, for example <c>fallback</c>; or <see cref="ToVersion"/>.</summary>
    public string? ToAlias { get; set; }

    /// <summary>The version that takes over; or <see cref="ToAlias"/>.</summary>
    public int? ToVersion { get; set; }
}
