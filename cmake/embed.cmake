# Writes OUT: the FILES of DIR as kidoban::<NAMESPACE>::resources(). The assembler reads the files
# themselves (.incbin), so a large page costs the compiler nothing.
string(REPLACE "," ";" files "${FILES}")
set(asm "")
set(rows "")
set(externs "")
set(i 0)
string(MAKE_C_IDENTIFIER "${NAMESPACE}" stem)
foreach(file IN LISTS files)
  set(symbol "kidoban_resource_${stem}_${i}")
  string(APPEND asm "asm(\".section .rodata\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${DIR}/${file}\\\"\\n.global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.previous\\n\");\n")
  string(APPEND externs "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
  string(APPEND rows "      {\"${file}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
  math(EXPR i "${i}+1")
endforeach()
file(WRITE ${OUT} "// Made by cmake/embed.cmake.
#include \"base/resource.h\"

${asm}
${externs}
namespace kidoban::${NAMESPACE} {
kidoban::Resources resources();
kidoban::Resources resources() {
  static const kidoban::Resource all[] = {
${rows}      {{}, {}},
  };
  return {all, ${i}};
}
}  // namespace kidoban::${NAMESPACE}
")
