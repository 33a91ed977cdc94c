using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>The on-demand features of a service that are computed from a request of one type.</summary>
internal static class OnDemandWriters
{
    /// <summary>Finds the writer for a request type.</summary>
    /// <returns>A function that writes the features of all on-demand views which compute from <typeparamref name="TRequest"/>, or null if there is none.</returns>
    public static RequestFeatureWriter<TRequest>? Find<TRequest>(FeatureServiceDefinition service)
    {
        var layout = service.Description.Layout;
        var writers = service.Views
            .Where(v => v.OnDemand is not null)
            .Select(v => v.OnDemand!.CreateTransform().FindWriter<TRequest>(v, layout))
            .OfType<RequestFeatureWriter<TRequest>>()
            .ToArray();
        return writers.Length switch
        {
            0 => null,
            1 => writers[0],
            _ => (in TRequest request, FeatureRows destination, int row) =>
            {
                foreach (var write in writers)
                {
                    write(request, destination, row);
                }
            }
            ,
        };
    }
}
