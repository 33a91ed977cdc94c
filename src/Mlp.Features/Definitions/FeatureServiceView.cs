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

    /// <summary>Name of the view.</summary>
    public string Name => View?.Name ?? OnDemand!.Name;

    /// <summary>Version of the view.</summary>
    public int Version => View?.Version ?? OnDemand!.Version;

    /// <summary>Fingerprint of the view.</summary>
    public string Fingerprint => View?.Fingerprint ?? OnDemand!.Fingerprint;

    /// <summary>All features of the view.</summary>
    public IReadOnlyList<FeatureField> Fields => View?.Fields ?? OnDemand!.Fields;

    /// <summary>Per key of the view, in its own order, the index in the service's keys, which are in ordinal order of their names; empty for an on-demand view.</summary>
    internal IReadOnlyList<int> KeyIndexes { get; }

    /// <summary>The features that the service uses, in its order.</summary>
    internal IReadOnlyList<FeatureServiceColumn> Columns { get; }

    /// <summary>Index of the view in the layout's views.</summary>
    internal int ViewIndex { get; }
}
