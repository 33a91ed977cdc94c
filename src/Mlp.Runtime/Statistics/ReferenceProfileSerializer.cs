using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Statistics.Sketches;
using Mlp.Runtime.Storage;
using static Mlp.Runtime.Statistics.ReferenceProfileDocument;

namespace Mlp.Runtime.Statistics;

/// <summary>Maps reference profiles to their JSON form and back.</summary>
internal static class ReferenceProfileSerializer
{
    private const string Format = "mlp-reference-profile";
    private const int SketchesVersion = 2;

    /// <summary>Writes UTF-8 JSON.</summary>
    /// <param name="profile">The profile.</param>
    internal static byte[] Write(ReferenceProfile profile)
    {
        var document = new ReferenceProfileDocument
        {
            Format = Format,
            FormatVersion = HasSketches(profile) ? SketchesVersion : VersionedJson.FirstVersion,
            RowCount = profile.RowCount,
            Features = [.. profile.Features.Select(ToDocument)],
            Score = profile.Score is { } score
                ? new() { Distribution = ToDocument(score.Distribution), Histogram = score.IsProbability ? [.. score.Histogram] : null }
                : null,
            PredictedClass = profile.PredictedClass is { } predicted ? ToDocument(predicted) : null,
            Estimator = profile.Estimator is { } estimator ? JsonSerializer.SerializeToElement(estimator.Stored, EstimatorJson.Default.Document) : null,
            ClassEstimator = profile.ClassEstimator is { } classes ? JsonSerializer.SerializeToElement(classes.Stored, EstimatorJson.Default.MulticlassDocument) : null,
            LossEstimator = profile.LossEstimator is { } losses ? JsonSerializer.SerializeToElement(losses.Stored, EstimatorJson.Default.LossDocument) : null,
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, ReferenceProfileJsonContext.Default.ReferenceProfileDocument);
    }

    /// <summary>Reads UTF-8 JSON.</summary>
    /// <param name="utf8Json">A profile.</param>
    /// <exception cref="InvalidDataException">It is no reference profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static ReferenceProfile Read(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            // The version first, from what all versions share: a newer document need not fit the rest.
            ThrowIfNotReadable(utf8Json);
            var document = JsonSerializer.Deserialize(utf8Json, ReferenceProfileJsonContext.Default.ReferenceProfileDocument)!;
            var score = document.Score is { } scored ? FromDocument(scored) : null;
            return new(document.RowCount, [.. document.Features.Select(FromDocument)], score)
            {
                PredictedClass = document.PredictedClass is { } predicted ? ClassesOf(document, predicted) : null,
                Estimator = document.Estimator is { } estimator ? PerformanceEstimator.Parse(ToUtf8(estimator)) : null,
                ClassEstimator = document.ClassEstimator is { } classes ? MulticlassPerformanceEstimator.Parse(ToUtf8(classes)) : null,
                LossEstimator = document.LossEstimator is { } losses ? DirectLossEstimator.Parse(ToUtf8(losses)) : null,
            };
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"Expected a reference profile in JSON, but found something else at {exception.Path ?? "its start"}, "
                + string.Create(CultureInfo.InvariantCulture, $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."),
                exception);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"The reference profile contradicts itself. {exception.Message}", exception);
        }
    }

    private static byte[] ToUtf8(JsonElement document) => JsonSerializer.SerializeToUtf8Bytes(document, EstimatorJson.Default.JsonElement);

    private static bool HasSketches(ReferenceProfile profile) => profile.Features.Any(feature => feature.Sketches is not null) || profile.Score?.Distribution.Sketches is not null;

    private static void ThrowIfNotReadable(ReadOnlySpan<byte> utf8Json)
    {
        var (format, version) = VersionedJson.ReadHeader(utf8Json);
        if (format != Format || version < 1)
        {
            throw new InvalidDataException(
                $"Expected a JSON object with \"format\": \"{Format}\" and a format version, but found something else.");
        }

        if (version > ReferenceProfile.FormatVersion)
        {
            throw new UnsupportedFormatVersionException("reference profile", version, ReferenceProfile.FormatVersion);
        }
    }

    private static FeatureDocument ToDocument(FeatureProfile feature) => new()
    {
        Name = feature.Name,
        RowCount = feature.RowCount,
        MissingCount = feature.MissingCount,
        Numeric = feature is NumericFeatureProfile numeric
            ? new()
            {
                Mean = numeric.Mean,
                StandardDeviation = numeric.StandardDeviation,
                Minimum = numeric.Minimum,
                Maximum = numeric.Maximum,
                Edges = [.. numeric.Edges],
                Counts = [.. numeric.Counts],
                EqualWidth = numeric.EqualWidth is { } bins ? new() { Edges = [.. bins.Edges], Counts = [.. bins.Counts] } : null,
            }
            : null,
        Categorical = feature is CategoricalFeatureProfile categorical
            ? new()
            {
                Categories = [.. categorical.Categories.Select(ToDocument)],
                OtherCount = categorical.OtherCount,
                RareCategories = categorical.KnowsRareCategories ? ToBytes(categorical.RareHashes) : null,
            }
            : null,
        Sketches = feature.Sketches is { } sketches ? ToBytes(sketches) : null,
    };

    private static byte[] ToBytes(ColumnProfile sketches)
    {
        var writer = new SketchWriter();
        DataProfileSerializer.WriteColumn(writer, sketches.Sketch);
        return writer.Bytes.ToArray();
    }

    private static CategoryDocument ToDocument(CategoryCount category) => new() { Name = category.Name, Count = category.Count };

    private static FeatureProfile FromDocument(FeatureDocument? document)
    {
        var feature = BinsOf(document);
        if (document?.Sketches is not { } bytes)
        {
            return feature;
        }

        var reader = new SketchReader(bytes);
        return feature.With(new(DataProfileSerializer.ReadColumn(ref reader, bytes)));
    }

    private static FeatureProfile BinsOf(FeatureDocument? document) => (document?.Numeric, document?.Categorical) switch
    {
        _ when document is null => throw new ArgumentException("Expected a feature, but found null.", nameof(document)),
        ({ } numeric, null) => FromDocument(document, numeric),
        (null, { } categorical) => new CategoricalFeatureProfile(
            document.Name,
            document.RowCount,
            document.MissingCount,
            [.. categorical.Categories.Select(category => FromDocument(document.Name, category))],
            categorical.OtherCount,
            FromBytes(document.Name, categorical.RareCategories ?? []),
            categorical.RareCategories is not null),
        _ => throw new ArgumentException(
            $"Expected feature '{document.Name}' to be either numeric or categorical, but found both or neither.",
            nameof(document)),
    };

    private static CategoryCount FromDocument(string feature, CategoryDocument? category)
    {
        return category is null
            ? throw new ArgumentException($"Expected a category in feature '{feature}', but found null.", nameof(category))
            : new(category.Name, category.Count);
    }

    private static NumericFeatureProfile FromDocument(FeatureDocument feature, NumericDocument numeric)
    {
        var summary = new NumericSummary(numeric.Mean, numeric.StandardDeviation, numeric.Minimum, numeric.Maximum);
        return Create(numeric.Edges, numeric.Counts, numeric.EqualWidth is { } bins ? Create(bins.Edges, bins.Counts, null) : null);

        NumericFeatureProfile Create(double[] edges, long[] counts, NumericFeatureProfile? equalWidth) => new(
            feature.Name,
            feature.RowCount,
            feature.MissingCount,
            summary,
            ImmutableCollectionsMarshal.AsImmutableArray(edges),
            ImmutableCollectionsMarshal.AsImmutableArray(counts))
        {
            EqualWidth = equalWidth,
        };
    }

    private static ScoreProfile FromDocument(ScoreDocument score)
    {
        return FromDocument(score.Distribution) is NumericFeatureProfile distribution
            ? new(distribution, ImmutableCollectionsMarshal.AsImmutableArray(score.Histogram ?? []))
            : throw new ArgumentException("Expected the score to be numeric, but found it categorical.", nameof(score));
    }

    private static CategoricalFeatureProfile ClassesOf(ReferenceProfileDocument document, FeatureDocument predicted)
        => FromDocument(predicted) is CategoricalFeatureProfile classes && classes.RowCount == document.RowCount
            ? classes
            : throw new ArgumentException($"Expected the predicted class to be categorical and of {document.RowCount} rows, but found otherwise.", nameof(predicted));

    private static byte[] ToBytes(ImmutableArray<ulong> hashes)
    {
        var bytes = new byte[sizeof(ulong) * hashes.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(sizeof(ulong) * i), hashes[i]);
        }

        return bytes;
    }

    private static ImmutableArray<ulong> FromBytes(string feature, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % sizeof(ulong) != 0)
        {
            throw new ArgumentException(
                $"Expected {sizeof(ulong)} bytes per rare category of feature '{feature}', but found {bytes.Length} in all.",
                nameof(bytes));
        }

        var hashes = ImmutableArray.CreateBuilder<ulong>(bytes.Length / sizeof(ulong));
        for (; !bytes.IsEmpty; bytes = bytes[sizeof(ulong)..])
        {
            hashes.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        // The search needs them in order, and a file can be edited.
        hashes.Sort();
        return hashes.MoveToImmutable();
    }
}
