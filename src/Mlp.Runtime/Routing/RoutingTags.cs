namespace Mlp.Runtime.Routing;

/// <summary>The tags of the measurements of one variant, made once. Immutable.</summary>
internal sealed class RoutingTags
{
    /// <summary>Makes the tags.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="variant">Variant.</param>
    public RoutingTags(string model, string variant)
    {
        Variant = [new("model", model), new("variant", variant)];
        Ok = [.. Variant, new("outcome", "ok")];
        Error = [.. Variant, new("outcome", "error")];
    }

    /// <summary>Model and variant.</summary>
    public KeyValuePair<string, object?>[] Variant { get; }

    /// <summary>Of calls that were answered.</summary>
    public KeyValuePair<string, object?>[] Ok { get; }

    /// <summary>Of calls that failed.</summary>
    public KeyValuePair<string, object?>[] Error { get; }
}
