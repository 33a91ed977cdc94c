using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>What one pair of caller's types means for one version: made at the first call with them.</summary>
/// <typeparam name="TKeys">The keys.</typeparam>
/// <typeparam name="TRequest">The request.</typeparam>
/// <param name="WriteKeys">Writes the entity key.</param>
/// <param name="WriteRequest">Computes the on-demand features; null when the call has no request.</param>
internal sealed record EntityCallPlan<TKeys, TRequest>(EntityKeyWriter<TKeys> WriteKeys, RequestFeatureWriter<TRequest>? WriteRequest)
{
    /// <summary>Makes the plan.</summary>
    /// <param name="reader">The model's feature service.</param>
    /// <exception cref="ArgumentException">A type does not fit the service.</exception>
    public static EntityCallPlan<TKeys, TRequest> Create(IFeatureServiceReader reader)
    {
        var service = reader.Description;
        var writeKeys = EntityKeyMapping.Compile<TKeys>(service);
        if (typeof(TRequest) == typeof(NoRequest))
        {
            return new EntityCallPlan<TKeys, TRequest>(writeKeys, null);
        }

        RefuseMisplaced(typeof(TRequest));
        var writeRequest = reader.FindRequestWriter<TRequest>() ?? throw new ArgumentException(
            FormattableString.Invariant(
                $"Expected a request that feature service '{service.Name}' version {service.Version} has on-demand features for, but found type '{typeof(TRequest).Name}'."));
        return new EntityCallPlan<TKeys, TRequest>(writeKeys, writeRequest);
    }

    /// <summary>The compiler takes whatever stands second for a request; of these types it is a slip.</summary>
    private static void RefuseMisplaced(Type request)
    {
        var type = Nullable.GetUnderlyingType(request) ?? request;
        var remedy = type == typeof(DateTimeOffset) || type == typeof(DateTime) ? $"pass a time as {nameof(PredictionOptions)}.{nameof(PredictionOptions.At)}(time)"
            : type == typeof(CancellationToken) ? "pass a token by its name, cancellationToken"
            : type == typeof(PredictionOptions) ? "pass options that are not nullable, or by their name, options"
            : null;
        if (remedy is not null)
        {
            throw new ArgumentException($"Expected a request record after the keys, but found a value of type '{type.Name}': {remedy}.");
        }
    }
}
