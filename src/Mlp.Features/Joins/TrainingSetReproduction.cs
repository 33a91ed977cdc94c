using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Makes a training set again from what its manifest says, and says what is not as it was.</summary>
internal sealed class TrainingSetReproduction(OfflineStore store, FeatureCatalog catalog, PointInTimeJoin join)
{
    /// <summary>The rows of the question within a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    internal static async IAsyncEnumerable<RecordBatch> SpineOf(ITrainingSet set, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var manifest = set.Manifest;
        var features = manifest.Features.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal);
        var names = manifest.Spine?.Columns
            ?? [.. set.Schema.FieldsList.Select(field => field.Name).Where(name => !features.Contains(name) && !name.Contains("__", StringComparison.Ordinal))];
        var fields = names.Select(name => set.Schema.GetFieldByName(name)
            ?? throw new TrainingSetNotReproducedException($"Expected a column '{name}' of the question in the training set, but found {string.Join(", ", set.Schema.FieldsList.Select(f => $"'{f.Name}'"))}."));
        var schema = new Schema(fields, metadata: null);
        var any = false;
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                any = true;
                yield return new RecordBatch(schema, names.Select(name => batch.Column(name)), batch.Length);
            }
        }

        if (!any)
        {
            yield return EmptyBatch.Of(schema);
        }
    }

    internal async Task<JoinedTrainingSet> RunAsync(TrainingSetManifest manifest, IAsyncEnumerable<RecordBatch> spine, CancellationToken cancellationToken)
    {
        var question = QuestionOf(manifest);
        var set = await join.JoinAsync(question, spine, cancellationToken).ConfigureAwait(false);
        if (Difference(manifest, set.Manifest) is { } difference)
        {
            set.Dispose();
            throw new TrainingSetNotReproducedException(difference);
        }

        return set;
    }

    private static string? Difference(TrainingSetManifest expected, TrainingSetManifest found)
    {
        if (found.ContentHash == expected.ContentHash)
        {
            return null;
        }

        if (found.RowCount != expected.RowCount)
        {
            return $"Expected {expected.RowCount} rows of the question, as the training set was made for, but found {found.RowCount}.";
        }

        if (expected.Spine is { } spine && !spine.Columns.SequenceEqual(found.Spine!.Columns))
        {
            return $"Expected rows of the question with the columns {Names(spine.Columns)}, as the training set was made for, but found {Names(found.Spine.Columns)}.";
        }

        if (expected.Spine is { } known && known.ContentHash != found.Spine!.ContentHash)
        {
            return $"Expected rows of the question with content hash {known.ContentHash[..8]}, as the training set was made for, but found {found.Spine.ContentHash[..8]}: a type, a value or the order of rows differs.";
        }

        return $"Expected the training set to have content hash {expected.ContentHash[..8]}, but the same question, definitions and commits now give {found.ContentHash[..8]}: rows of its commits were deleted or replaced, or an on-demand method computes something else.";
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private TrainingSetQuestion QuestionOf(TrainingSetManifest manifest)
    {
        if (manifest.FeatureService is not { } reference || manifest.TimeColumn is not { } timeColumn)
        {
            throw new TrainingSetNotReproducedException("Expected the manifest of a training set that features were joined to by time, but it names no feature service or no time column.");
        }

        if (catalog.FindService(reference.Name, reference.Version) is not { } service)
        {
            throw new TrainingSetNotReproducedException($"Expected feature service '{reference.Name}' version {reference.Version}, which the training set was made with, but it is not defined any more.");
        }

        if (service.Fingerprint != reference.Fingerprint)
        {
            throw new TrainingSetNotReproducedException($"Expected {service} with fingerprint {reference.Fingerprint[..8]}, which the training set was made with, but its definition now has {service.Fingerprint[..8]}.");
        }

        foreach (var commit in manifest.Commits)
        {
            Check(service, commit);
        }

        var commits = manifest.Commits.ToDictionary(commit => (commit.View, commit.Version), commit => commit.Commit);
        if (service.Views.FirstOrDefault(v => v.View is { } view && !commits.ContainsKey((view.Name, view.Version))) is { } unknown)
        {
            throw new TrainingSetNotReproducedException($"Expected the commit of '{unknown.View!.Name}' version {unknown.Version} that was read in the manifest, but it is missing.");
        }

        return new TrainingSetQuestion(service, timeColumn, manifest.LabelColumns.Count > 0 ? manifest.LabelColumns[0] : null, manifest.JoinMode, commits);
    }

    private void Check(FeatureServiceDefinition service, FeatureViewCommit commit)
    {
        var view = service.Views.FirstOrDefault(v => v.View is { } view && view.Name == commit.View && view.Version == commit.Version)?.View
            ?? throw new TrainingSetNotReproducedException($"Expected '{commit.View}' version {commit.Version}, whose commit {commit.Commit} the training set was made of, among the views of {service}, but it is not.");
        if (view.Fingerprint != commit.Fingerprint)
        {
            throw new TrainingSetNotReproducedException($"Expected {view} with fingerprint {commit.Fingerprint[..8]}, which the training set was made of, but its definition now has {view.Fingerprint[..8]}.");
        }

        try
        {
            store.Open(view).GetSnapshot(commit.Commit);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OfflineCommitExpiredException)
        {
            throw new TrainingSetNotReproducedException($"Expected commit {commit.Commit} of {view}, which the training set was made of, but it is not there any more.", e);
        }
    }
}
