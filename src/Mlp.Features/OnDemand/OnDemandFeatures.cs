using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>The on-demand features of a service for one request.</summary>
internal static class OnDemandFeatures
{
    /// <summary>A function that computes all features of a service that come from one request type; null when there are none.</summary>
    internal static RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>(FeatureServiceDefinition service)
    {
        var writers = service.Views
            .Where(v => v.OnDemand is IRequestFeatures<TRequest>)
            .Select(v => ((IRequestFeatures<TRequest>)v.OnDemand!).CreateWriter(v, service.Description.Layout))
            .ToArray();
        return writers.Length switch
        {
            0 => null,
            1 => writers[0],
            _ => (in TRequest request, FeatureRows destination, int row) =>
            {
                foreach (var writer in writers)
                {
                    writer(request, destination, row);
                }
            },
        };
    }
}
