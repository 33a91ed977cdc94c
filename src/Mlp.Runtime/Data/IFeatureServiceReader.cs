namespace Mlp.Runtime.Data;

/// <summary>Reads the features of one service for requests. Thread-safe; each call has its own destination.</summary>
public interface IFeatureServiceReader
{
    /// <summary>What the service delivers.</summary>
    FeatureServiceDescription Description { get; }

    /// <summary>
    /// Reads the stored features of one or more entities as they were at a time. Completes synchronously and without allocation when all rows are in memory.
    /// On-demand features are left as they are (see <see cref="FindRequestWriter{TRequest}"/>).
    /// </summary>
    /// <param name="keys">Entity keys, shape (rows, <see cref="FeatureServiceDescription.Keys"/>), row-major; a null part makes the features that use it Missing.</param>
    /// <param name="asOf">The time of the request, microseconds since the Unix epoch.</param>
    /// <param name="destination">
    /// Receives the values, statuses and event times; it has been reset to the number of rows. It must stay alive and untouched until the task completes, also after cancellation.
    /// </param>
    /// <param name="cancellationToken">Ends a pending read.</param>
    /// <returns>A task that completes when the destination is filled.</returns>
    /// <exception cref="ArgumentException">The number of keys does not fit the rows, or the destination has another layout.</exception>
    ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, CancellationToken cancellationToken = default);

    /// <summary>The on-demand features of the service that are computed from a request of one type.</summary>
    /// <typeparam name="TRequest">The request record.</typeparam>
    /// <returns>A function that computes them and writes values and statuses into a row, or null if the service has none for this type.</returns>
    RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>();
}
