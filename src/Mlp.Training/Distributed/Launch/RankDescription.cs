using System.Globalization;
using System.Text;

namespace Mlp.Training.Distributed.Launch;

/// <summary>What a rank tells the others about itself when it joins.</summary>
internal sealed record RankDescription
{
    /// <summary>Its rank.</summary>
    public required int Rank { get; init; }

    /// <summary>The world size that it was told.</summary>
    public required int WorldSize { get; init; }

    /// <summary>The launcher's name for the run and its restarts; empty without a launcher.</summary>
    public required string RunId { get; init; }

    /// <summary><see cref="HostIdentity"/>: ranks with the same can share memory.</summary>
    public required string Host { get; init; }

    /// <summary>Name of its host, for sentences.</summary>
    public required string HostName { get; init; }

    /// <summary>Its process id, for sentences.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Address for other ranks; empty where it only knows its loopback.</summary>
    public string Address { get; init; } = "";

    /// <summary>Port where it takes connections for values.</summary>
    public int DataPort { get; init; }

    /// <summary>Settings that must be equal on all ranks: name and value.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; }

    /// <summary>"Rank 2 (process 4711 on host a)".</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"Rank {Rank} (process {ProcessId} on host {HostName})");

    /// <summary>Bytes that the descriptions of a world take at most: each has come as the text of a caller.</summary>
    public static int LongestOfAll(int worldSize) => (int)Math.Min(Array.MaxLength, sizeof(int) + ((long)worldSize * PeerHandshake.MaximumTextBytes));

    /// <summary>Writes it.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Rank);
        writer.Write(WorldSize);
        writer.Write(RunId);
        writer.Write(Host);
        writer.Write(HostName);
        writer.Write(ProcessId);
        writer.Write(Address);
        writer.Write(DataPort);
        writer.Write(Settings.Count);
        foreach (var (name, value) in Settings)
        {
            writer.Write(name);
            writer.Write(value);
        }
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="IOException">It is cut short.</exception>
    /// <exception cref="InvalidDataException">It has more settings than there are.</exception>
    public static RankDescription Read(BinaryReader reader)
    {
        var description = new RankDescription
        {
            Rank = reader.ReadInt32(),
            WorldSize = reader.ReadInt32(),
            RunId = reader.ReadString(),
            Host = reader.ReadString(),
            HostName = reader.ReadString(),
            ProcessId = reader.ReadInt32(),
            Address = reader.ReadString(),
            DataPort = reader.ReadInt32(),
            Settings = [],
        };
        var count = reader.ReadInt32();
        if (count is < 0 or > 1000)
        {
            throw new InvalidDataException($"Expected at most 1000 settings, but found {count}.");
        }

        var settings = new KeyValuePair<string, string>[count];
        for (var i = 0; i < count; i++)
        {
            settings[i] = new(reader.ReadString(), reader.ReadString());
        }

        return description with { Settings = settings };
    }

    /// <summary>All of several.</summary>
    public static byte[] WriteAll(IReadOnlyCollection<RankDescription> ranks)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(ranks.Count);
        foreach (var rank in ranks)
        {
            rank.Write(writer);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="WriteAll"/> wrote.</summary>
    /// <exception cref="RendezvousException">It is something else.</exception>
    public static RankDescription[] ReadAll(byte[] bytes, int expected)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            var count = reader.ReadInt32();
            if (count != expected)
            {
                throw new RendezvousException($"Expected the descriptions of {expected} ranks, but found {count}.");
            }

            var ranks = new RankDescription[count];
            for (var i = 0; i < count; i++)
            {
                ranks[i] = Read(reader);
            }

            return ranks;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or FormatException or ArgumentException)
        {
            throw new RendezvousException("Expected the description of a rank, but found bytes that are none.", exception);
        }
    }
}
