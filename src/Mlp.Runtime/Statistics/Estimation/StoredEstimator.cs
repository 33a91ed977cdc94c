using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>Reads estimators from JSON.</summary>
internal static class StoredEstimator
{
    /// <summary>Reads one.</summary>
    /// <typeparam name="TDocument">The stored form.</typeparam>
    /// <typeparam name="TEstimator">The estimator.</typeparam>
    /// <param name="utf8Json">UTF-8 JSON.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="newest">The newest version that is read.</param>
    /// <param name="type">How the stored form is read.</param>
    /// <param name="versionOf">Its version.</param>
    /// <param name="create">Makes the estimator; may throw <see cref="ArgumentException"/> for what contradicts itself.</param>
    /// <exception cref="InvalidDataException">It is none, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static TEstimator Read<TDocument, TEstimator>(
        ReadOnlySpan<byte> utf8Json, string name, int newest, JsonTypeInfo<TDocument> type, Func<TDocument, int> versionOf, Func<TDocument, TEstimator> create)
        where TDocument : class
    {
        try
        {
            var document = JsonSerializer.Deserialize(utf8Json, type) ?? throw new InvalidDataException($"Expected a {name}, but found null.");
            return versionOf(document) <= newest ? create(document) : throw new UnsupportedFormatVersionException(name, versionOf(document), newest);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"Expected a {name}, but found damaged JSON: {e.Message}", e);
        }
    }
}
