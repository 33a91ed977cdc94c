using Mlp.Features.Definitions;
using Mlp.Runtime;

namespace Mlp.Features.OnDemand;

/// <summary>The method of an on-demand view failed. What it threw is the inner exception; values never appear in the message.</summary>
public sealed class OnDemandTransformException : MlPlatformException
{
    internal OnDemandTransformException(OnDemandFeatureViewDefinition view, long? row, string found, Exception? innerException = null)
        : base(FormattableString.Invariant($"Expected the {view} to compute its features from {(row is { } number ? $"row {number}" : "a request")}, but {found}."), innerException)
    {
        View = view.Name;
        ViewVersion = view.Version;
        Row = row;
    }

    /// <summary>Name of the on-demand view.</summary>
    public string View { get; }

    /// <summary>Its version.</summary>
    public int ViewVersion { get; }

    /// <summary>Number of the row from 1 where a training set is made; null for a request.</summary>
    public long? Row { get; }
}
