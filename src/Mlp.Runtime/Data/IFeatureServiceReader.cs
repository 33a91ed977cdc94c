namespace Mlp.Runtime.Data;

/// <summary>
/// Reads the features of one service for requests. Thread-safe, but two reads must never fill one destination at the same time, not even different rows of it: its texts share one buffer.
/// </summary>
public interface IFeatureServiceReader
{
    /// <summary>What the service delivers.</summary>
    FeatureServiceDescription Description { get; }

    /// <summary>
    /// Reads the stored features of one or more entities as they were at one time. Completes synchronously and without allocation when all rows are in memory.
    /// On-demand features are left as they are (see <see cref="FindRequestWriter{TRequest}"/>).
    /// </summary>
    /// <param name="keys">
    /// Entity keys, shape (<paramref name="rowCount"/>, <see cref="FeatureServiceDescription.Keys"/>), row-major; a null part makes the features that use it Missing.
    /// </param>
    /// <param name="asOf">The time of the request, microseconds since the Unix epoch.</param>
    /// <param name="destination">
    /// Receives values, statuses and event times in the rows asked for, which have been reset; other rows are left as they are. It must stay alive and untouched until the task completes,
    /// also after cancellation.
    /// </param>
    /// <param name="firstRow">The row of the destination that the first entity goes to, from 0.</param>
    /// <param name="rowCount">Number of entities, from 0.</param>
    /// <param name="cancellationToken">Ends a pending read.</param>
    /// <returns>A task that completes when the rows are filled.</returns>
    /// <exception cref="ArgumentException">The number or the kinds of the keys do not fit, or the destination has another layout.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The destination does not have these rows.</exception>
    ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the stored features of entities, each as it was at a time of its own: what one read per row gives. Completes synchronously and without allocation when all rows are in memory.
    /// On-demand features are left as they are (see <see cref="FindRequestWriter{TRequest}"/>).
    /// </summary>
    /// <param name="keys">
    /// Entity keys, shape (<paramref name="rowCount"/>, <see cref="FeatureServiceDescription.Keys"/>), row-major; a null part makes the features that use it Missing.
    /// </param>
    /// <param name="asOf">The time of each request, shape (<paramref name="rowCount"/>), in any order, microseconds since the Unix epoch.</param>
    /// <param name="destination">
    /// Receives values, statuses and event times in the rows asked for, which have been reset; other rows are left as they are. It must stay alive and untouched until the task completes,
    /// also after cancellation.
    /// </param>
    /// <param name="firstRow">The row of the destination that the first entity goes to, from 0.</param>
    /// <param name="rowCount">Number of entities, from 0.</param>
    /// <param name="cancellationToken">Ends a pending read.</param>
    /// <returns>A task that completes when the rows are filled.</returns>
    /// <exception cref="ArgumentException">The number or the kinds of the keys or the number of times do not fit, or the destination has another layout.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The destination does not have these rows.</exception>
    ValueTask ReadAsync(
        ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default);

    /// <summary>The on-demand features of the service that are computed from a request of one type.</summary>
    /// <typeparam name="TRequest">The request record.</typeparam>
    /// <returns>A function that computes them and writes values and statuses into a row, or null if the service has none for this type.</returns>
    RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>();
}
