namespace Mlp.Features.Definitions;

/// <summary>One view within a service: which of its features are used and where they go. Immutable.</summary>
public sealed class FeatureServiceView
{
    internal FeatureServiceView(
        FeatureViewDefinition? view, OnDemandFeatureViewDefinition? onDemand, IReadOnlyList<int> keyIndexes, IReadOnlyList<FeatureServiceColumn> columns, int viewIndex)
    {
        View = view;
        OnDemand = onDemand;
        KeyIndexes = keyIndexes;
        Columns = columns;
        ViewIndex = viewIndex;
    }

    /// <summary>The stored view; null when this is an on-demand view.</summary>
    public FeatureViewDefinition? View { get; }

    /// <summary>The on-demand view; null when this is a stored view.</summary>
    public OnDemandFeatureViewDefinition? OnDemand { get; }

    /// <summary>What the view is called within the service: its name, or its prefix where the service gives its keys other names.</summary>
    public string Name => Alias ?? View?.Name ?? OnDemand!.Name;

    /// <summary>Version of the view.</summary>
    public int Version => View?.Version ?? OnDemand!.Version;

    /// <summary>Fingerprint of the view.</summary>
    public string Fingerprint => View?.Fingerprint ?? OnDemand!.Fingerprint;

    /// <summary>All features of the view.</summary>
    public IReadOnlyList<FeatureField> Fields => View?.Fields ?? OnDemand!.Fields;

    /// <summary>What the view is called when its keys have other names in the service; null when they have not.</summary>
    internal string? Alias { get; init; }

    /// <summary>Name of the view, whatever it is called within the service.</summary>
    internal string DefinitionName => View?.Name ?? OnDemand!.Name;

    /// <summary>Per key of the view, in its own order, the index in the service's keys, which are in ordinal order of their names; empty for an on-demand view.</summary>
    internal IReadOnlyList<int> KeyIndexes { get; }

    /// <summary>The features that the service uses, in its order.</summary>
    internal IReadOnlyList<FeatureServiceColumn> Columns { get; }

    /// <summary>Per stored feature that an on-demand view computes from, the index of its column in the service's layout.</summary>
    internal IReadOnlyList<int> InputColumns { get; init; } = [];

    /// <summary>Index of the view in the layout's views.</summary>
    internal int ViewIndex { get; }
}
