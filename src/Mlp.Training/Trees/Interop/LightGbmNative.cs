using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary>The C functions of LightGBM 4.7.0 that this library calls (LightGBM/c_api.h). All but <see cref="GetLastError"/> and <see cref="RegisterLogCallback"/> give 0 for success.</summary>
internal static unsafe partial class LightGbmNative
{
    public const string Library = "lib_lightgbm";
    public const int Float32 = 0;
    public const int Float64 = 1;
    public const int Int32 = 2;
    public const int Normal = 0;
    public const int RawScore = 1;

    /// <summary>Throws what LightGBM says when a function failed.</summary>
    /// <exception cref="LightGbmException">It did.</exception>
    public static void Check(int code, string action)
    {
        if (code != 0)
        {
            throw new LightGbmException(action, Marshal.PtrToStringUTF8(GetLastError()) ?? string.Empty);
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint GetLastError();

    [LibraryImport(Library, EntryPoint = "LGBM_RegisterLogCallback")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int RegisterLogCallback(delegate* unmanaged[Cdecl]<byte*, void> callback);

    [LibraryImport(Library, EntryPoint = "LGBM_DumpParamAliases")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DumpParameterAliases(long capacity, out long length, byte* json);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromArrow", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetCreateFromArrow(long chunkCount, ArrowArrayStruct* chunks, ArrowSchemaStruct* schema, string parameters, nint reference, out LightGbmDataset dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetCreateFromMatrix(
        void* data, int dataType, int rowCount, int columnCount, int isRowMajor, string parameters, nint reference, out LightGbmDataset dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromFile", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetCreateFromFile(string path, string parameters, nint reference, out LightGbmDataset dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetSetField(LightGbmDataset dataset, string field, void* data, int count, int dataType);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetFeatureNames", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetSetFeatureNames(LightGbmDataset dataset, [In] string[] names, int count);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetGetSubset", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetGetSubset(LightGbmDataset dataset, int* rows, int rowCount, string parameters, out LightGbmDataset subset);

    [LibraryImport(Library, EntryPoint = "LGBM_NetworkInitWithFunctions")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int NetworkInitWithFunctions(int machineCount, int rank, void* reduceScatter, void* allGather);

    [LibraryImport(Library, EntryPoint = "LGBM_NetworkFree")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int NetworkFree();

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int DatasetFree(nint dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterCreate(LightGbmDataset training, string parameters, out LightGbmBooster booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterLoadModelFromString", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterLoadModelFromString(string text, out int iterationCount, out LightGbmBooster booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterFree(nint booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterMerge")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterMerge(LightGbmBooster booster, LightGbmBooster other);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterRefit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterRefit(LightGbmBooster booster, int* leaves, int rowCount, int treeCount);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterAddValidData")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterAddValidation(LightGbmBooster booster, LightGbmDataset validation);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterUpdate(LightGbmBooster booster, out int isFinished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetEvalCounts")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterGetMetricCount(LightGbmBooster booster, out int count);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetEval")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterGetMetrics(LightGbmBooster booster, int dataIndex, out int count, double* metrics);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetNumPredict")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterGetScoreCount(LightGbmBooster booster, int dataIndex, out long count);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetPredict")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterGetScores(LightGbmBooster booster, int dataIndex, out long count, double* scores);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMat", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterPredictForMatrix(
        LightGbmBooster booster, void* data, int dataType, int rowCount, int columnCount, int isRowMajor, int predictType, int firstIteration, int iterationCount, string parameters, out long count, double* scores);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMatSingleRowFastInit", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterPredictSingleRowInit(
        LightGbmBooster booster, int predictType, int firstIteration, int iterationCount, int dataType, int columnCount, string parameters, out LightGbmRowPredictor predictor);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMatSingleRowFast")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterPredictSingleRow(LightGbmRowPredictor predictor, void* data, out long count, double* scores);

    [LibraryImport(Library, EntryPoint = "LGBM_FastConfigFree")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int RowPredictorFree(nint predictor);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterSaveModelToString")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static partial int BoosterSaveModelToString(
        LightGbmBooster booster, int firstIteration, int iterationCount, int importanceType, long capacity, out long length, byte* text);
}
