using System.ComponentModel.DataAnnotations;

namespace Mlp.Runtime.Routing;

/// <summary>Which version a challenger or a shadow of the options is.</summary>
public abstract class RouteTargetOptions
{
    /// <summary>The alias; null for the one that is called like the challenger or the shadow, or when <see cref="Version"/> says it.</summary>
    /// <value>The default value is null.</value>
    public string? Alias { get; set; }

    /// <summary>The version, from 1; null when an alias says it. A fixed version wins over an alias.</summary>
    /// <value>The default value is null.</value>
    [Range(1, int.MaxValue)]
    public int? Version { get; set; }

    internal RouteTarget ToTarget(string name) => new() { Alias = Version is null ? Alias ?? name : null, Version = Version };

    internal void Set(RouteTarget? target)
    {
        Alias = target?.Alias;
        Version = target?.Version;
    }
}
