using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Deletion;

/// <summary>
/// Takes all rows of an entity out of the data files of a view: each file that has some is written anew without them, one commit puts the new files in the place of the old ones at every commit, and
/// the old ones are erased.
/// </summary>
/// <param name="store">The offline store.</param>
/// <param name="target">The entity.</param>
/// <param name="batchId">Names the deletion: it is committed once.</param>
/// <param name="throughSequence">Rows that were pushed later stay.</param>
internal sealed class OfflineDeletion(OfflineStore store, EntityDeletionTarget target, string batchId, long throughSequence)
{
    // Writers in other processes may get in the way; each time they have committed something.
    private const int Attempts = 100;

    private readonly OfflineView _view = store.Open(target.View);

    /// <summary>Deletes. Done before, it sees to it that the files are gone.</summary>
    internal EntityDeletionView Run()
    {
        for (var attempt = 1; ; attempt++)
        {
            if (_view.FindBatch(batchId) is { } done)
            {
                return Erase(done, done.Removed.Sum(path => _view.Log.FindFile(path)!.File.RowCount) - done.RowCount);
            }

            if (TryRun() is { } result)
            {
                return result;
            }

            if (attempt == Attempts)
            {
                throw new IOException($"Expected the files of {target.View} to stay while an entity is deleted from them, but other processes replaced some each of {Attempts} times. The deletion is tried again.");
            }
        }
    }

    private EntityDeletionView? TryRun()
    {
        // Also those that only earlier commits have.
        var files = _view.Log.Files().Files.Where(file => file.ErasedBy is null && File.Exists(_view.Writer.PathOf(file.File.Path))).ToList();
        if (files.Count == 0)
        {
            return new EntityDeletionView(target.View.Name, target.View.Version, null, 0, 0);
        }

        using var session = store.OpenSession();
        var snapshot = _view.SnapshotOf(files);
        var replaced = new List<(OfflineFileHistory File, OfflineReplacement Replacement)>();
        try
        {
            snapshot.RequireReadable(session);
            Rewrite(session, snapshot, replaced);
        }
        catch (Exception e) when (e is DuckDBException or CorruptFileException)
        {
            _view.Writer.Delete(Written(replaced));
            if (_view.IsOutdated(snapshot, mayExpire: false))
            {
                return null;
            }

            if (e is DuckDBException failure)
            {
                throw OfflineStore.Explain(failure, session, [snapshot]);
            }

            throw;
        }
        catch
        {
            _view.Writer.Delete(Written(replaced));
            throw;
        }

        return replaced.Count == 0 ? new EntityDeletionView(target.View.Name, target.View.Version, null, 0, 0) : TryCommit(replaced);
    }

    private void Rewrite(DuckDbSession session, OfflineSnapshot snapshot, List<(OfflineFileHistory File, OfflineReplacement Replacement)> replaced)
    {
        var byPath = snapshot.Histories.ToDictionary(file => _view.Writer.PathOf(file.File.Path), StringComparer.Ordinal);
        var paths = string.Join(", ", byPath.Keys.Select(Sql.File));
        var meant = Condition();
        var columns = string.Join(", ", OfflineView.Columns(target.View).Select(column => Sql.Name(column.Name)));
        foreach (var row in session.Query($"SELECT filename FROM read_parquet([{paths}], hive_partitioning = false, filename = true) WHERE {meant} GROUP BY filename ORDER BY filename"))
        {
            var path = (string)row[0]!;
            var from = $"FROM read_parquet({Sql.File(path)}, hive_partitioning = false, file_row_number = true) WHERE ({meant}) IS NOT TRUE";
            var first = session.Query($"SELECT epoch_us(min({Sql.Name(FeatureViewDefinition.StoredEventTime)})) {from}")[0][0];
            var by = first is long day ? _view.Writer.Write(session, $"SELECT {columns} {from} ORDER BY file_row_number", day, CancellationToken.None) : null;
            replaced.Add((byPath[path], new OfflineReplacement(byPath[path].File.Path) { By = by }));
        }
    }

    private EntityDeletionView? TryCommit(List<(OfflineFileHistory File, OfflineReplacement Replacement)> replaced)
    {
        var live = replaced.Where(file => file.File.IsLive).ToList();
        var added = Written(live);
        var commit = _view.TryCommit(
            last => new OfflineCommit
            {
                Number = last.Number + 1,
                Kind = OfflineCommitKind.Deletion,
                BatchId = batchId,
                CommittedTime = _view.Now,
                RowCount = added.Sum(file => file.RowCount),
                NullKeyRowCount = 0,
                FirstSequence = 0,
                LastSequence = last.LastSequence,
                Added = added,
                Removed = [.. live.Select(file => file.File.File.Path)],
                Replaced = [.. replaced.Select(file => file.Replacement)],
            },
            () => replaced.TrueForAll(file => _view.Log.FindFile(file.File.File.Path) == file.File),
            Written(replaced),
            CancellationToken.None);
        return commit is null ? null : Erase(commit, live.Sum(file => file.File.File.RowCount) - commit.RowCount);
    }

    private EntityDeletionView Erase(OfflineCommit commit, long rowCount)
    {
        _view.Writer.Erase([.. commit.Replaced.Select(file => file.Path)]);
        return new EntityDeletionView(target.View.Name, target.View.Version, commit.Number, rowCount, commit.Replaced.Count);
    }

    private static List<OfflineFile> Written(List<(OfflineFileHistory File, OfflineReplacement Replacement)> replaced)
        => [.. replaced.Where(file => file.Replacement.By is not null).Select(file => file.Replacement.By!)];

    /// <summary>The rows that are meant. Texts go as hexadecimal digits: whatever is in them, they are no SQL, and no message shows them.</summary>
    private string Condition()
    {
        var parts = target.View.Keys.Select((key, i) => (key.Name, Value: target.Key[i])).Where(part => !part.Value.IsNull).Select(part => $"{Sql.Name(part.Name)} = {Literal(part.Value)}");
        var sequence = Sql.Name(FeatureViewDefinition.StoredSequence);
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(" AND ", parts)} AND ({sequence} % 2 = 0 OR {sequence} <= {throughSequence})");
    }

    private static string Literal(EntityValue value) => value.Kind == EntityValueKind.Int64
        ? string.Create(CultureInfo.InvariantCulture, $"'{value.AsInt64()}'::BIGINT")
        : $"decode(from_hex('{Convert.ToHexString(Encoding.UTF8.GetBytes(value.Kind == EntityValueKind.Guid ? value.AsGuid().ToString("D") : value.AsString()))}'))";
}
