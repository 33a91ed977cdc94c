using System.Buffers.Binary;
using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>What the online store knows of one version of a feature view. Thread-safe; nothing changes but its number, when the view is cleared.</summary>
internal sealed class OnlineView
{
    /// <summary>Version of the keys of the store: view id (u32, little-endian) and canonical entity key.</summary>
    internal const int KeyFormatVersion = 1;

    /// <summary>Length of the view id in front of every key, in bytes.</summary>
    internal const int KeyPrefixLength = sizeof(uint);

    private uint _id;

    /// <summary>Describes a view.</summary>
    /// <param name="id">Number of this version of the view in this data directory, from 1.</param>
    /// <param name="name">View name.</param>
    /// <param name="version">View version.</param>
    /// <param name="fingerprint">Fingerprint of the definition, 64 hexadecimal digits.</param>
    /// <param name="keys">Key columns in order.</param>
    /// <param name="fields">Fields in order.</param>
    /// <param name="timeToLive">Microseconds, or <see cref="Visibility.NoTimeToLive"/>.</param>
    internal OnlineView(uint id, string name, int version, string fingerprint, IReadOnlyList<KeyColumn> keys, IReadOnlyList<OnlineField> fields, long timeToLive)
    {
        _id = id;
        Name = name;
        Version = version;
        Fingerprint = fingerprint;
        DefinitionId = DefinitionIdOf(fingerprint);
        Keys = [.. keys];
        TimeToLive = timeToLive;
        Layout = new OnlineRowLayout(fields);
    }

    /// <summary>Number of this version of the view in this data directory; it stands in front of every key.</summary>
    internal uint Id => Volatile.Read(ref _id);

    /// <summary>View name.</summary>
    internal string Name { get; }

    /// <summary>View version.</summary>
    internal int Version { get; }

    /// <summary>Fingerprint of the definition.</summary>
    internal string Fingerprint { get; }

    /// <summary>The first four bytes of the fingerprint; it stands in front of every row.</summary>
    internal uint DefinitionId { get; }

    /// <summary>Key columns in order.</summary>
    internal IReadOnlyList<KeyColumn> Keys { get; }

    /// <summary>Microseconds, or <see cref="Visibility.NoTimeToLive"/>.</summary>
    internal long TimeToLive { get; }

    /// <summary>Where each field lies in a row.</summary>
    internal OnlineRowLayout Layout { get; }

    /// <summary>Keeps rows under another number from now on.</summary>
    /// <param name="id">The number.</param>
    internal void MoveTo(uint id) => Volatile.Write(ref _id, id);

    /// <summary>The short id of a definition that stands in front of its rows.</summary>
    /// <param name="fingerprint">Fingerprint, 64 hexadecimal digits.</param>
    internal static uint DefinitionIdOf(string fingerprint) => uint.Parse(fingerprint.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The greatest length of a key in the store.</summary>
    /// <param name="key">Key parts in the view's order.</param>
    internal static int GetMaximumKeyLength(ReadOnlySpan<EntityValue> key) => KeyPrefixLength + EntityKeyEncoding.GetMaximumLength(key);

    /// <summary>The view id in front of a key or a frame.</summary>
    /// <param name="key">The encoded key.</param>
    internal static uint ReadViewId(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32LittleEndian(key);

    /// <summary>Writes the key under which the store keeps an entity: view id, then the canonical key.</summary>
    /// <param name="key">Key parts in the view's order.</param>
    /// <param name="destination">At least <see cref="GetMaximumKeyLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    internal int EncodeKey(ReadOnlySpan<EntityValue> key, Span<byte> destination) => EncodeKey(Id, key, destination);

    /// <summary>Writes the key under which the store keeps an entity of a view.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="key">Key parts in the view's order.</param>
    /// <param name="destination">At least <see cref="GetMaximumKeyLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    internal static int EncodeKey(uint viewId, ReadOnlySpan<EntityValue> key, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, viewId);
        return KeyPrefixLength + EntityKeyEncoding.Encode(key, destination[KeyPrefixLength..]);
    }
}
