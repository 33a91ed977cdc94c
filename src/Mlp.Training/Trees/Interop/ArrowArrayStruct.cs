using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary><c>struct ArrowArray</c> of the Arrow C data interface.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArrowArrayStruct
{
    public long Length;
    public long NullCount;
    public long Offset;
    public long BufferCount;
    public long ChildCount;
    public void** Buffers;
    public ArrowArrayStruct** Children;
    public ArrowArrayStruct* Dictionary;
    public delegate* unmanaged[Cdecl]<ArrowArrayStruct*, void> Release;
    public void* PrivateData;
}
