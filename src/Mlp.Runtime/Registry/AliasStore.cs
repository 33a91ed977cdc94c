using System.Text.Json;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Aliases, each a folder of <see cref="RevisionFiles"/>. Thread-safe.</summary>
internal sealed class AliasStore(RegistryPaths paths, IDiskSync disk)
{
    private readonly RevisionFiles _files = new(disk);

    /// <summary>Where an alias points, or null.</summary>
    public ModelAlias? Find(string model, string alias)
    {
        var revision = LatestRevision(model, alias);
        return revision == 0 ? null : Read(model, alias, revision).ToAlias();
    }

    /// <summary>Moves an alias. When this returns the move is on the device. An alias that was removed goes on from its last revision; who sees none expects 0.</summary>
    /// <exception cref="AliasConflictException">The alias is not, or no longer, at the expected revision.</exception>
    public ModelAlias Move(string model, string alias, int version, long expectedRevision, DateTimeOffset now, string? reason)
        => Change(model, alias, version, expectedRevision, now, reason).ToAlias()!;

    /// <summary>Removes an alias. When this returns the removal is on the device.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="alias">Alias.</param>
    /// <param name="expectedRevision">The revision the caller saw.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="reason">Why.</param>
    /// <returns>False if there is no such alias; nothing is written then.</returns>
    /// <exception cref="AliasConflictException">Somebody else moved it first.</exception>
    public bool Remove(string model, string alias, long expectedRevision, DateTimeOffset now, string? reason)
    {
        if (Find(model, alias) is null)
        {
            return false;
        }

        Change(model, alias, null, expectedRevision, now, reason);
        return true;
    }

    /// <summary>Every move of an alias, oldest first.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="alias">Alias.</param>
    public IReadOnlyList<AliasMove> List(string model, string alias) => [.. RevisionFiles.List(paths.Alias(model, alias)).Select(r => Read(model, alias, r).ToMove())];

    private AliasRevision Change(string model, string alias, int? version, long expectedRevision, DateTimeOffset now, string? reason)
    {
        var found = LatestRevision(model, alias);
        var latest = found == 0 ? null : Read(model, alias, found);
        if (found != expectedRevision && (expectedRevision != 0 || latest?.Version is not null))
        {
            throw new AliasConflictException(model, alias, expectedRevision, found);
        }

        var move = new AliasRevision
        {
            Model = model,
            Alias = alias,
            Revision = found + 1,
            Version = version,
            PreviousVersion = latest?.Version,
            MovedAt = now,
            Reason = reason,
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(move, AliasJsonContext.Default.AliasRevision);
        return _files.TryAdd(paths.AliasRevision(model, alias, move.Revision), json)
            ? move
            : throw new AliasConflictException(model, alias, expectedRevision, LatestRevision(model, alias));
    }

    private long LatestRevision(string model, string alias) => RevisionFiles.Latest(paths.Alias(model, alias));

    private AliasRevision Read(string model, string alias, long revision)
    {
        var path = paths.AliasRevision(model, alias, revision);
        var move = VersionedJson.Read<AliasRevision>(
            File.ReadAllBytes(path), path, AliasRevision.FormatName, AliasRevision.CurrentFormatVersion, AliasJsonContext.Default.AliasRevision);
        return move.Revision == revision && move.Version is null or > 0
            ? move
            : throw new CorruptFileException(path, $"Expected revision {revision} of alias '{alias}' in '{path}', but found another move.");
    }
}
