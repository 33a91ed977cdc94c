using System.Runtime.InteropServices;

namespace Mlp.Training.Networks.Interop;

/// <summary>
/// libtorch's autocast for the thread that calls: matrix products and convolutions compute in a narrow type while weights and their gradients stay float32. Call only where
/// <see cref="IsAvailable"/>.
/// </summary>
internal static unsafe class Autocast
{
    private const sbyte Cpu = 0;
    private const sbyte Cuda = 1;

    private static readonly Lazy<Functions?> Loaded = new(Load);

    [ThreadStatic]
    private static bool _isOn;

    [ThreadStatic]
    private static sbyte _device;

    /// <summary>Whether this libtorch can be switched.</summary>
    public static bool IsAvailable => Loaded.Value is not null;

    /// <summary>Switches it on.</summary>
    /// <param name="precision">A narrow type.</param>
    /// <param name="isOnGpu">Whether layers compute on a GPU.</param>
    public static void Enter(NetworkPrecision precision, bool isOnGpu = false)
    {
        _device = isOnGpu ? Cuda : Cpu;
        var functions = Loaded.Value!;
        functions.Increment();
        functions.SetType(_device, precision == NetworkPrecision.BFloat16 ? (sbyte)15 : (sbyte)5);
        functions.SetEnabled(_device, 1);
        _isOn = true;
    }

    /// <summary>Switches it off and forgets the weights that were narrowed.</summary>
    public static void Exit()
    {
        var functions = Loaded.Value!;
        functions.SetEnabled(_device, 0);
        _isOn = false;
        if (functions.Decrement() == 0)
        {
            functions.ClearCache();
        }
    }

    /// <summary>Does something outside of it, whether it is on or not.</summary>
    public static T Without<T>(Func<T> work)
    {
        if (!_isOn)
        {
            return work();
        }

        var functions = Loaded.Value!;
        functions.SetEnabled(_device, 0);
        try
        {
            return work();
        }
        finally
        {
            functions.SetEnabled(_device, 1);
        }
    }

    private static Functions? Load()
        => TorchAbi.IsAvailable
            && Export("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", out var setEnabled)
            && Export("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", out var setType)
            && Export("_ZN2at8autocast17increment_nestingEv", out var increment)
            && Export("_ZN2at8autocast17decrement_nestingEv", out var decrement)
            && Export("_ZN2at8autocast11clear_cacheEv", out var clearCache)
                ? new Functions(setEnabled, setType, increment, decrement, clearCache)
                : null;

    private static bool Export(string name, out nint address) => NativeLibrary.TryGetExport(TorchAbi.Library, name, out address);

    private sealed class Functions(nint setEnabled, nint setType, nint increment, nint decrement, nint clearCache)
    {
        public readonly delegate* unmanaged<sbyte, byte, void> SetEnabled = (delegate* unmanaged<sbyte, byte, void>)setEnabled;
        public readonly delegate* unmanaged<sbyte, sbyte, void> SetType = (delegate* unmanaged<sbyte, sbyte, void>)setType;
        public readonly delegate* unmanaged<int> Increment = (delegate* unmanaged<int>)increment;
        public readonly delegate* unmanaged<int> Decrement = (delegate* unmanaged<int>)decrement;
        public readonly delegate* unmanaged<void> ClearCache = (delegate* unmanaged<void>)clearCache;
    }
}
