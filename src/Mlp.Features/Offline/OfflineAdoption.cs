using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime;

namespace Mlp.Features.Offline;

/// <summary>
/// Takes the rows of an earlier version of a view over into a later one: as files of the later version in one commit of its log, with the event times, created times and order that they have. So whatever reads,
/// compacts or deletes rows of the later version knows nothing of the earlier one. Only rows of commits that were not taken over before are read.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="from">The earlier version.</param>
/// <param name="to">The later version.</param>
/// <param name="evolution">What becomes of the columns.</param>
internal sealed class OfflineAdoption(OfflineStore store, FeatureViewDefinition from, FeatureViewDefinition to, FeatureViewEvolution evolution)
{
    // How often it begins anew, because files were removed while they were read.
    private const int Attempts = 20;

    /// <exception cref="FeatureDefinitionException">Values could not be taken over as they are, or rows were taken over by another mapping before.</exception>
    /// <exception cref="CorruptFileException">A data file is damaged.</exception>
    internal AdoptionResult Run(CancellationToken cancellationToken)
    {
        var columns = evolution.Map(from, to);
        var (source, target) = (store.Open(from), store.Open(to));
        for (var attempt = 1; ; attempt++)
        {
            var adopted = FindAdopted(target, columns);
            var snapshot = source.GetSnapshot();
            var rows = snapshot.Select(file => file.RowsThrough > adopted);
            if (rows.Files.Count == 0)
            {
                return new AdoptionResult(to.Name, from.Version, to.Version, null, 0);
            }

            // A compacted file may have rows that were taken over before.
            var isMixed = rows.Histories.Any(file => file.RowsFrom <= adopted);
            var known = target.GetSnapshot().Select(_ => isMixed);
            using var session = store.OpenSession();
            try
            {
                rows.RequireReadable(session);
                target.CreateStaging(session, withSequences: true);

                known.RequireReadable(session);
                session.Execute(
                    $"INSERT INTO {OfflineView.StagingTable} SELECT * FROM (SELECT {string.Join(", ", columns)} FROM ({LatestRows.Of(rows)})) AS taken{Except(known)} ORDER BY {Sql.Name(FeatureViewDefinition.StoredSequence)}",
                    cancellationToken);
            }
            catch (Exception e) when (e is DuckDBException or CorruptFileException && attempt < Attempts && (source.IsOutdated(snapshot, mayExpire: false) || target.IsOutdated(known, mayExpire: false)))
            {
                continue;
            }
            catch (DuckDBException e)
            {
                throw OfflineStore.Explain(e, session, [rows, known]);
            }

            var sequences = (rows.Files.Min(file => file.MinSequence), rows.Files.Max(file => file.MaxSequence));
            var (commit, repeated) = target.Append(session, BatchId(columns, snapshot.Commit), cancellationToken, sequences, OfflineCommitKind.Ingest);
            return new AdoptionResult(to.Name, from.Version, to.Version, repeated ? null : commit.Number, repeated ? 0 : commit.RowCount);
        }
    }

    /// <summary>Leaves out rows that the later version has. Of those that were compacted away, or are in files that expired, an older one may come again, which changes no answer.</summary>
    private string Except(OfflineSnapshot known)
    {
        if (known.Files.Count == 0)
        {
            return "";
        }

        var identity = to.Keys.Select(key => key.Name).Concat([FeatureViewDefinition.StoredEventTime, FeatureViewDefinition.StoredCreatedTime, FeatureViewDefinition.StoredSequence]).Select(Sql.Name);
        return $" WHERE NOT EXISTS (SELECT 1 FROM {known.Relation()} AS known WHERE {string.Join(" AND ", identity.Select(column => $"known.{column} IS NOT DISTINCT FROM taken.{column}"))})";
    }

    /// <summary>The last commit of the earlier version whose rows are in the later one.</summary>
    private long FindAdopted(OfflineView target, IReadOnlyList<string> columns)
    {
        var last = target.Commits().LastOrDefault(commit => commit.BatchId.StartsWith(Prefix, StringComparison.Ordinal));
        if (last is null)
        {
            return 0;
        }

        var parts = last.BatchId[Prefix.Length..].Split('-');
        return parts[0] == HashOf(columns)
            ? long.Parse(parts[1], CultureInfo.InvariantCulture)
            : throw new FeatureDefinitionException(
                to.Name, $"Expected {to} to take over the rows of version {from.Version} by the same renamings as before, but they are others now. Rows that were taken over stay as they are: define another version.");
    }

    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"{Ingestion.OfflineIngest.PlatformPrefix}adopt-v{from.Version}-");

    private string BatchId(IReadOnlyList<string> columns, long commit) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{HashOf(columns)}-{commit}");

    private static string HashOf(IReadOnlyList<string> columns) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', columns))).AsSpan(0, 8));
}
