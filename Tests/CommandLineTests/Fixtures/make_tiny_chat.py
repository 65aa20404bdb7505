"""Makes Fixtures/tiny-chat: a random language model with a byte-level tokenizer and a chat template, and what transformers
says of it in fp32 (expected.json).

    pip install torch==2.13.0 transformers==5.24.0 tokenizers==0.23.3 && python3 make_tiny_chat.py
"""
import json, math, os, shutil
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiny-chat")
shutil.rmtree(here, ignore_errors=True)
TEXT = ["the cat sat on the mat and the dog sat on the log", "where is the cat? on the mat!", "été à la mer, ça va"]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.train_from_iterator(TEXT, trainers.BpeTrainer(
    vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"]))
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", bos_token="<|endoftext|>")
fast.chat_template = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
fast.save_pretrained(here)
torch.manual_seed(5)
model = LlamaForCausalLM(LlamaConfig(
    vocab_size=len(fast), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.5, tie_word_embeddings=True,
    eos_token_id=fast.eos_token_id, bos_token_id=fast.bos_token_id)).eval()
model.save_pretrained(here)
fast = AutoTokenizer.from_pretrained(here)


def score(text):
    ids = fast(text, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        output = model(torch.tensor([ids]), output_hidden_states=True)
    log = torch.log_softmax(output.logits[0], -1)
    top = output.logits[0, -1].topk(3)
    return {
        "text": text, "ids": ids, "nats": [-float(log[i, t]) for i, t in enumerate(ids[1:])],
        "top": [{"id": int(i), "logit": float(v)} for v, i in zip(top.values, top.indices)],
        "hidden": {"0": output.hidden_states[0][0, -1].tolist(), "1": output.hidden_states[1][0, -1].tolist(),
                   "final": output.hidden_states[2][0, -1].tolist()}}


def generate(ids, count):
    new = []
    with torch.no_grad():
        for _ in range(count):
            new.append(int(model(torch.tensor([ids + new])).logits[0, -1].argmax()))
    return new


messages = [{"role": "system", "content": "été"}, {"role": "user", "content": "where is the cat?"}]
rendered = fast.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
chat = fast(rendered, add_special_tokens=False)["input_ids"]
prompts = ["the cat", "été à la mer, ", "x"]
json.dump({
    "scores": [score(t) for t in ["the cat sat on the mat", "ça va <|im_end|> où?"]],
    "generations": [{"prompt": p, "ids": generate(fast(p, add_special_tokens=False)["input_ids"], 12)} for p in prompts],
    "messages": messages, "rendered": rendered, "chat": chat, "answer": generate(chat, 12),
}, open(os.path.join(here, "expected.json"), "w"), indent=1, ensure_ascii=False)
